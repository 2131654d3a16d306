/** Beside bench.ts, since help needs no load generator. */
export const BENCH_HELP = `
With --rate, requests are sent when it is time, whether or not earlier ones were answered, and a
latency counts from the time at which its request should have been sent: a server that stalls for
a second shows as a second, for all the requests it kept waiting (no coordinated omission). Without
--rate, each connection asks again as soon as it has its answer: that finds the capacity.
A request fails without a whole answer in time, with a status from 400 on (or another one than
--expect-status), or with another body than --expect-body. When the run ends, by itself or by
Ctrl-C, a request has failed that was due more than a second ago and could not be sent, or has no
answer after more than a second and longer than any answer took; what waits for less is left out.

The exit code is 1 when a threshold is broken, when no server answers, or for a wrong argument.
Ctrl-C ends the run with the results so far.

Thresholds: p50, p99, p99.9 (any percentile), mean, min, max with us, ms, s; errors in %; rate.

Examples:
  propylon bench http://localhost:8080/pets
  propylon bench http://localhost:8080/pets --rate 5000 --duration 60s --connections 64
  propylon bench https://api.example.com/pets --rate 200 --threshold 'p99<50ms' --threshold 'errors<0.1%'
  propylon bench http://localhost:8080/orders --method POST --body @order.json \\
      --header 'Content-Type: application/json' --rate 500 --arrivals poisson --expect-status 201
  propylon bench scenario.yaml --json > result.json

scenario.yaml asks for several things, at rates that change:
  target: http://localhost:8080
  connections: 128               # also threads, timeout, warmUp, arrivals, insecure
  headers: { Accept: application/json }          # of every request
  requests:
    - { path: "/pets/7", weight: 9 }             # nine times as often as the next one
    - name: order
      method: POST
      path: /orders
      headers: { Content-Type: application/json }
      body: "@order.json"        # a file beside this one, or the text itself
      expect: { status: 201 }    # also body
  stages:
    - { from: 100, to: 5000, duration: 30s }     # a ramp
    - { rate: 5000, duration: 2m }               # without stages: rate and duration for the whole
  thresholds: ["p99<50ms", "errors<0.1%"]
Flags win over the file; --rate replaces its stages, and --duration then says for how long.`;
