// Prints what holds and what does not. Usage: run.ts [--url http://127.0.0.1:4180]
// With --url the rules alone are tried, against what answers there; its world begins anew for each.
