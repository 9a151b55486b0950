// What a picture in a blob store is called, and what is thrown when one could not be kept.

const types = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' } as const

export type BlobExtension = keyof typeof types
export type BlobType = (typeof types)[BlobExtension]

/**
 * The media type of what has this name, or `undefined` for what is no name of a blob: 1 to 64 of
 * `a-z`, `0-9`, `_` and `-`, then `.png`, `.jpg` or `.webp`. Such a name is also safe as a file of
 * any system, as a segment of a URL, and as the key of an object.
 */
export function typeOfBlob(name: string): BlobType | undefined {
  // Its `$` is the end of the text, since it has no flag `m`: no newline comes after the name.
  const [, extension] = /^[a-z0-9_-]{1,64}\.(png|jpg|webp)$/.exec(name) ?? []
  return extension === undefined ? undefined : types[extension as BlobExtension]
}

/** @throws If it is no name of a blob. The error does not repeat it: it may be anybody's text. */
export function checkBlobName(name: string): BlobType {
  const type = typeOfBlob(name)
  if (type !== undefined) return type
  throw new Error(
    'This is no name of a blob: it has to be 1 to 64 of a-z, 0-9, _ and -, then .png, .jpg or .webp',
  )
}

/**
 * - `misconfigured`: keys, permissions, bucket, folder or space; the operator's to mend.
 * - `unavailable`: no answer in time, or none that says more; the same call may succeed later.
 */
export type BlobFault = 'misconfigured' | 'unavailable'

export type BlobAct = 'put' | 'get' | 'delete'

const acts = { put: 'written', get: 'read', delete: 'deleted' } satisfies Record<BlobAct, string>

/** A blob could not be kept, given or deleted. Holds neither its name nor its bytes, nor a key. */
export class BlobStoreError extends Error {
  override readonly name = 'BlobStoreError'
  readonly fault: BlobFault
  /** What the file system or the object storage calls it, as in `ENOSPC`; null where it gave none. */
  readonly code: string | null
  /** What the object storage's support asks for. */
  readonly request_id: string | null

  /** @param advice Whose fault it is and what to do next, in a sentence. */
  constructor(
    act: BlobAct,
    about: { fault: BlobFault; code: string | null; request_id?: string | null; advice: string },
  ) {
    super(`A blob could not be ${acts[act]} (${about.code ?? 'no code'}). ${about.advice}`)
    this.fault = about.fault
    this.code = about.code
    this.request_id = about.request_id ?? null
  }
}
