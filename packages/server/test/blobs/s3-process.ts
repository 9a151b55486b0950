// Puts a blob into S3 and gets it back in a plain Node, and prints how it went.
// Usage: s3-process.ts '{"options": …, "missing": …}'

import { registerHooks } from 'node:module'
import { createS3Blobs, type S3BlobsOptions } from '@kaimen/server/blobs/s3'

export type S3ProcessOptions = {
  options: S3BlobsOptions
  /** A package that is not to be found. */
  missing: string | undefined
}

const { options, missing } = JSON.parse(process.argv[2] ?? '') as S3ProcessOptions
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== missing) return next(specifier, context)
    const error = new Error(`Cannot find module '${specifier}'\nRequire stack:\n- here`)
    throw Object.assign(error, { code: 'MODULE_NOT_FOUND' })
  },
})

try {
  const blobs = createS3Blobs(options)
  await blobs.put('one.png', Buffer.from('written'))
  process.stdout.write(String(Buffer.from((await blobs.get('one.png')) ?? [])))
  await blobs.close()
} catch (error) {
  process.stdout.write(String(error))
}
