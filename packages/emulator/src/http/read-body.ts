import type { IncomingMessage } from 'node:http'

/** Longer bodies are read to their end and thrown away. Room for a picture. */
export const bodyLimitBytes = 2 * 1024 * 1024

export type ReadBody = { readonly text: string } | 'too_large'

/** Whether a body was announced, be it empty. */
export function hasBody(incoming: IncomingMessage): boolean {
  const { headers } = incoming
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

/** The body as text; `too_large` beyond the limit. Rejects if the client goes in the middle. */
export async function readBody(incoming: IncomingMessage): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue
    length += chunk.length
    if (length <= bodyLimitBytes) chunks.push(chunk)
  }
  if (length > bodyLimitBytes) return 'too_large'
  return { text: Buffer.concat(chunks).toString('utf8') }
}
