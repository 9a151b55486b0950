import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlobStoreError, checkBlobName, typeOfBlob } from '../src/blob.ts'

describe('the name of a blob', () => {
  it('says its media type', () => {
    expect(typeOfBlob('a.png')).toBe('image/png')
    expect(typeOfBlob('-.jpg')).toBe('image/jpeg')
    expect(checkBlobName(`${'z'.repeat(64)}.webp`)).toBe('image/webp')
  })

  it('is a plain file name in any other case, or none at all', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[a-z/\\.%_\n-]{0,8}\.(png|jpg|webp|svg)?\n?$/),
    )
    fc.assert(
      fc.property(anything, (name) => {
        if (typeOfBlob(name) === undefined) {
          expect(() => checkBlobName(name)).toThrow('This is no name of a blob')
        } else {
          expect(name).not.toMatch(/[^a-z0-9_.-]|\.\.|^\.|\.(?!png$|jpg$|webp$)/)
          expect(new URL(name, 'https://example.com/x/').href).toBe(`https://example.com/x/${name}`)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

it('an error of a blob store says what happened, how it is called, and what to do', () => {
  const about = { fault: 'misconfigured', code: 'ENOSPC', advice: 'Make room.' } as const
  const error = new BlobStoreError('put', about)
  expect(String(error)).toBe('BlobStoreError: A blob could not be written (ENOSPC). Make room.')
  expect(error).toMatchObject({ fault: 'misconfigured', code: 'ENOSPC', request_id: null })
})
