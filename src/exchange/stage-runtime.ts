import type { CustomisedResponses } from './gateway-response.js';

/** What every request of one deployed stage shares; made when a snapshot is compiled, never changed. */
export interface StageRuntime {
  readonly apiId: string;
  readonly apiName: string;
  readonly stageName: string;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
  readonly binaryMediaTypes: readonly string[];
  /** Index of the stage's counters, see telemetry/counters.ts. */
  readonly counterSlot: number;
  /** Whether this is the canary's share of the stage; absent for a stage without canary. */
  readonly isCanaryRequest?: boolean;
  /** Members of `$context.identity` that are the same for every request: those of a test invocation. */
  readonly identity?: Readonly<Record<string, string>>;
  /** Absent when the definition customises no gateway response. */
  readonly customisedResponses?: CustomisedResponses;
}
