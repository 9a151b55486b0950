/**
 * The bytes of a body; `undefined` where there are more than `maxBytes`, of which no more is read.
 * Leaving it ends the connection.
 */
export async function readAtMost(
  { body }: Request | Response,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  const source: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = body ?? []
  for await (const chunk of source) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
