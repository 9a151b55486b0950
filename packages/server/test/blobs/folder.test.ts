import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobStoreError, createFolderBlobs } from '@kaimen/server/blobs/folder'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { everyPrint } from '../support/canary.ts'
import type { FolderProcessOptions } from './folder-process.ts'

const bytes = Uint8Array.of(1, 2, 3)
let scratch: string
let folder: string
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kaimen-canary-'))
  folder = join(scratch, 'deep', 'avatars')
})
afterEach(() => rm(scratch, { recursive: true }))

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

describe('blobs in a folder', () => {
  it('make the folder when they are first written to, for this user alone', async () => {
    const blobs = createFolderBlobs(folder)
    expect(await blobs.get('one.png')).toBeUndefined()
    await blobs.delete('one.png')
    expect(await readdir(scratch)).toEqual([])
    await blobs.put('one.png', bytes)
    expect(await readdir(folder)).toEqual(['one.png'])
    expect(await modeOf(join(folder, 'one.png'))).toBe('600')
    expect(await modeOf(folder)).toBe('700')
  })

  it('refuse to be in no folder, which would be the one of this process', () => {
    expect(() => createFolderBlobs('')).toThrow('createFolderBlobs needs the path of a folder.')
  })

  it('are whole after the process is killed, and never half there', async () => {
    const blobs = createFolderBlobs(folder)
    let whole = 0
    for (let round = 0; round < 5; round++) {
      const program = join(import.meta.dirname, 'folder-process.ts')
      const options: FolderProcessOptions = { folder }
      const args = ['--conditions=@kaimen/source', program, JSON.stringify(options)]
      const child = spawn(process.execPath, args)
      const exit = once(child, 'exit')
      let last = -1
      for await (const lines of child.stdout.setEncoding('utf8')) {
        last = Number(String(lines).trim().split('\n').at(-1))
        if (last >= round) child.kill('SIGKILL')
      }
      await exit
      expect(last).toBeGreaterThanOrEqual(round)
      for (const name of await readdir(folder)) {
        if (!name.endsWith('.png')) continue
        const found = await blobs.get(name)
        expect(found?.length).toBe(300_000)
        expect(new Set(found)).toEqual(new Set([Number.parseInt(name, 10) & 255]))
        whole += 1
      }
      // What was said to be put is there.
      for (const of of [0, 1, 2, 3]) expect(await blobs.get(`${last}-${of}.png`)).toBeDefined()
    }
    expect(whole).toBeGreaterThan(20)
  })

  it('clear away what a crash left half written, but nothing that may yet be finished', async () => {
    await mkdir(folder, { recursive: true })
    const left = '.00000000-0000-4000-8000-000000000001.part'
    const busy = '.00000000-0000-4000-8000-000000000002.part'
    const others = ['.keep', 'readme.part', 'old.png']
    for (const name of [left, busy, ...others]) await writeFile(join(folder, name), 'x')
    const twoHoursAgo = Date.now() / 1000 - 2 * 60 * 60
    for (const name of [left, ...others]) await utimes(join(folder, name), twoHoursAgo, twoHoursAgo)
    await createFolderBlobs(folder).put('one.png', bytes)
    expect((await readdir(folder)).toSorted()).toEqual([busy, 'one.png', ...others].toSorted())
  })

  it('leave nothing behind when they cannot be written', async () => {
    await mkdir(join(folder, 'one.png'), { recursive: true })
    const blobs = createFolderBlobs(folder)
    await expect(blobs.put('one.png', bytes)).rejects.toThrow(BlobStoreError)
    await expect(blobs.get('one.png')).rejects.toThrow(BlobStoreError)
    await expect(blobs.delete('one.png')).rejects.toThrow(BlobStoreError)
    expect(await readdir(folder)).toEqual(['one.png'])
  })

  it('say whose fault it is, and not where they are', async () => {
    const file = join(scratch, 'file')
    await writeFile(file, 'x')
    for (const place of [file, join(file, 'below')]) {
      const blobs = createFolderBlobs(place)
      const errors: unknown[] = await Promise.all([
        blobs.put('one.png', bytes).catch((error: unknown) => error),
        blobs.get('one.png').catch((error: unknown) => error),
        blobs.delete('one.png').catch((error: unknown) => error),
      ])
      for (const error of errors) {
        expect(error).toMatchObject({
          name: 'BlobStoreError',
          fault: 'misconfigured',
          code: expect.stringMatching(/^(?:ENOTDIR|EEXIST)$/),
          request_id: null,
          message: expect.stringMatching(/What is given as the folder is none: give the path/),
        })
        expect(everyPrint(error)).not.toContain('kaimen-canary')
        expect(everyPrint(error)).not.toContain('one.png')
      }
    }
  })

  it('can be written once the folder is mended', async () => {
    await writeFile(join(scratch, 'deep'), 'in the way')
    const blobs = createFolderBlobs(folder)
    await expect(blobs.put('one.png', bytes)).rejects.toThrow(BlobStoreError)
    await rm(join(scratch, 'deep'))
    await blobs.put('one.png', bytes)
    expect(await readFile(join(folder, 'one.png'))).toEqual(Buffer.from(bytes))
  })
})
