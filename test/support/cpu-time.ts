/**
 * Milliseconds of CPU this process has used. For claims that something is bounded: unlike the clock, it does not go on
 * while other processes have the machine.
 */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}
