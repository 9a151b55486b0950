/**
 * Pictures of people: a few hundred kilobytes each, read often, never changed. Losing it loses
 * avatars and no account.
 *
 * The contract, held by the suite in `@kaimen/server/store/suite`:
 *
 * - A blob is there whole or not at all, whoever reads or crashes meanwhile. When the promise of
 *   `put` fulfils, it survives a crash.
 * - The caller draws a name at random and gives it to one content only, so that what has been read
 *   can be kept for good. A `put` whose end is unknown may be repeated. Should two write one name
 *   all the same, one of them is read, whole: not all that speaks S3 can refuse the second (Aliyun
 *   OSS answers `If-None-Match` with 501).
 * - A name is 1 to 64 of `a-z`, `0-9`, `_` and `-`, then `.png`, `.jpg` or `.webp`; every verb
 *   refuses any other. It says the media type too: none comes out of the storage, where one who may
 *   write to it could make a page out of a picture.
 * - Bytes that were put or given are the caller's again: what is done to them changes no blob.
 */
export type BlobStore = {
  put(name: string, bytes: Uint8Array): Promise<void>
  get(name: string): Promise<Uint8Array | undefined>
  /** Fine where there is none. */
  delete(name: string): Promise<void>
  /**
   * Where people's devices fetch the blob themselves, as on a CDN. Without this verb they fetch it
   * through the server.
   */
  url?(name: string): string
  /** Ends its connections; safe to repeat. Every other verb rejects afterwards. */
  close(): Promise<void>
}
