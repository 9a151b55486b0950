const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a host, as a URL has it, is this machine in every resolver's eyes. */
export function isLoopback(hostname: string): boolean {
  return loopbackHosts.has(hostname)
}
