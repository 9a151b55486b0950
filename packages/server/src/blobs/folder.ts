/**
 * Blobs as files in a folder: for one machine, or for several that share a disk.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobStoreError, checkBlobName, type BlobAct } from '../blob.ts'
import { ConfigError } from '../errors.ts'
import type { BlobStore } from '../store/blob-store.ts'

export { BlobStoreError } from '../blob.ts'
export type { BlobAct, BlobFault } from '../blob.ts'
export type { BlobStore } from '../store/blob-store.ts'

/** Not the name of a blob, so that nobody ever reads one. */
const temporary = /^\.[0-9a-f-]{36}\.part$/
/** What is older was left by a process that ended in the midst of it: writing takes seconds. */
const temporaryMs = 60 * 60 * 1000

/**
 * Writes a file beside, brings it to the disk and gives it its name in one act, so that a reader or
 * a crash finds the whole blob or none. Files are for this process's user alone (0600), the folder
 * too (0700) where it has to be made; what a crash left half written is removed by the first `put`
 * an hour later.
 *
 * Rejects with {@link BlobStoreError}, `misconfigured` where the folder may not be written to, is
 * none, or the disk is full.
 *
 * @param folder Made when it is first written to. Its files are the blobs, by their names.
 * @throws {@link ConfigError} Where no path is given.
 */
export function createFolderBlobs(folder: string): BlobStore {
  // What is in no folder would be in the one that the process was started in.
  if (folder === '') throw new ConfigError('createFolderBlobs needs the path of a folder.')
  let prepared: Promise<void> | undefined
  let isClosed = false

  function locate(name: string): string {
    if (isClosed) throw new Error('This blob store is closed')
    checkBlobName(name)
    return join(folder, name)
  }

  async function prepare(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const left = (await readdir(folder)).filter((name) => temporary.test(name))
    await Promise.all(left.map((name) => removeWhenOld(join(folder, name))))
  }

  /** What `prepare` could not do is tried again by the next who writes. */
  const ready = () =>
    (prepared ??= prepare().catch((error: unknown) => {
      prepared = undefined
      throw error
    }))

  return {
    async put(name, bytes) {
      const path = locate(name)
      const part = join(folder, `.${randomUUID()}.part`)
      try {
        await ready()
        await writeThrough(part, bytes)
        await rename(part, path)
        await sync(folder)
      } catch (error) {
        await rm(part, { force: true }).catch(() => {})
        throw explain('put', error)
      }
    },

    async get(name) {
      const path = locate(name)
      try {
        const { buffer, byteOffset, length } = await readFile(path)
        return new Uint8Array(buffer, byteOffset, length)
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined
        throw explain('get', error)
      }
    },

    async delete(name) {
      const path = locate(name)
      try {
        await rm(path)
        await sync(folder)
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw explain('delete', error)
      }
    },

    async close() {
      isClosed = true
    },
  }
}

async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Brings the names in a folder to the disk: without that, a crash may undo a rename that was done. */
async function sync(folder: string): Promise<void> {
  // Windows opens no folder as a file, and keeps the names by itself.
  if (process.platform === 'win32') return
  const file = await open(folder, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function removeWhenOld(path: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(path)
    // By the disk's clock and the system's: a store's own clock may be a test's.
    if (Date.now() - mtimeMs > temporaryMs) await rm(path, { force: true })
  } catch (error) {
    // Another process was faster, or finished writing it.
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : null
}

const advices: Record<string, string> = {
  EACCES: 'This process may not use the folder: give its user the right to read and write it.',
  EPERM: 'This process may not use the folder: give its user the right to read and write it.',
  EROFS: 'The folder cannot be written to: its disk is mounted read-only.',
  ENOSPC: 'The disk is full: make room.',
  EDQUOT: 'The disk quota of this user is used up: make room.',
  ENOTDIR: 'What is given as the folder is none: give the path of a folder.',
  EEXIST: 'What is given as the folder is none: give the path of a folder.',
}

/** Leaves out the path, which the file system's own error has. */
function explain(act: BlobAct, error: unknown): BlobStoreError {
  const code = codeOf(error)
  const advice = advices[code ?? '']
  return new BlobStoreError(act, {
    fault: advice === undefined ? 'unavailable' : 'misconfigured',
    code,
    advice: advice ?? 'The file system failed: look at the disk, then try again.',
  })
}
