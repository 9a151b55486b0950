import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import type { BlobStore } from '../blob-store.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)

/** That nothing but these bytes is there; a difference is not printed byte by byte. */
function holds(found: Uint8Array | undefined, bytes: Uint8Array): void {
  ok(found, 'the blob is not there')
  equal(Buffer.compare(found, bytes), 0, 'the blob holds other bytes')
}

/** What two writers of one name leave: the whole of one, which is one byte over and over. */
function holdsOneOf(found: Uint8Array | undefined, lengths: readonly number[]): void {
  ok(found, 'the blob is not there')
  holds(found, filled(lengths[found[0] ?? 0] ?? -1, found[0] ?? 0))
}

const strangeNames = [
  '',
  '.png',
  'picture',
  'picture.',
  'picture.gif',
  'picture.svg',
  'picture.PNG',
  'Picture.png',
  'picture.png.html',
  'picture.png\n',
  'picture.png\0.html',
  '../picture.png',
  '..\\picture.png',
  '%2e%2e%2fpicture.png',
  'folder/picture.png',
  '/picture.png',
  'C:picture.png',
  'picture.png?acl',
  'picture.png#',
  'picture .png',
  'pic\u0442ure.png',
  '图.png',
  `${'x'.repeat(65)}.png`,
]

/** What every {@link BlobStore} promises. */
export const blobStoreContract: readonly ContractTest<BlobStore>[] = [
  contractTest('get gives what put wrote, through either handle', async ({ a, b }) => {
    equal(await a.get('one.png'), undefined)
    await a.put('one.png', every)
    await b.put('two.png', filled(1, 2))
    holds(await b.get('one.png'), every)
    holds(await a.get('one.png'), every)
    holds(await a.get('two.png'), filled(1, 2))
    equal(await a.get('one.jpg'), undefined)
  }),

  contractTest('bytes come back as they were, from none to a megabyte', async ({ a, b }) => {
    for (const length of [0, 1, 65_537, 1024 * 1024]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255)
      await a.put(`of-${length}.webp`, bytes)
      holds(await b.get(`of-${length}.webp`), bytes)
    }
  }),

  contractTest('a view into a larger buffer is written alone', async ({ a }) => {
    await a.put('view.png', every.subarray(10, 20))
    holds(await a.get('view.png'), every.slice(10, 20))
  }),

  contractTest('what is done to bytes after put or get changes no blob', async ({ a, b }) => {
    const bytes = Uint8Array.from(every)
    await a.put('mine.png', bytes)
    bytes.fill(0)
    const found = await a.get('mine.png')
    holds(found, every)
    found?.fill(0)
    holds(await b.get('mine.png'), every)
  }),

  contractTest('put may be repeated', async ({ a, b }) => {
    await a.put('again.jpg', every)
    await b.put('again.jpg', every)
    holds(await a.get('again.jpg'), every)
  }),

  contractTest('delete takes away one blob, and is fine where there is none', async ({ a, b }) => {
    await a.put('gone.png', every)
    await a.put('kept.png', every)
    await b.delete('gone.png')
    equal(await a.get('gone.png'), undefined)
    holds(await a.get('kept.png'), every)
    await a.delete('gone.png')
    await b.delete('never.png')
  }),

  contractTest(
    'names of any length and letter that is allowed are kept apart',
    async ({ a, b }) => {
      const names = [
        'a.png',
        'a.jpg',
        'a.webp',
        '-.png',
        '_.png',
        '0-_9.png',
        `${'z'.repeat(64)}.webp`,
      ]
      await Promise.all(names.map((name, index) => a.put(name, filled(1, index))))
      for (const [index, name] of names.entries()) holds(await b.get(name), filled(1, index))
    },
  ),

  contractTest('every other name is refused by every verb, and not repeated', async ({ a }) => {
    const refused = (error: unknown) => {
      ok(error instanceof Error)
      ok(error.message.startsWith('This is no name of a blob'), error.message)
      return true
    }
    for (const name of strangeNames) {
      await rejects(a.put(name, every), refused)
      await rejects(a.get(name), refused)
      await rejects(a.delete(name), refused)
      if (a.url) throws(() => a.url?.(name), refused)
    }
  }),

  contractTest('fifty who put fifty blobs at once lose none', async ({ a, b }) => {
    const names = Array.from({ length: 50 }, (_, index) => `blob-${index}.png`)
    await Promise.all(names.map((name, i) => (i % 2 ? a : b).put(name, filled(1000 + i, i))))
    const found = await Promise.all(names.map((name, i) => (i % 2 ? b : a).get(name)))
    for (const [i, bytes] of found.entries()) holds(bytes, filled(1000 + i, i))
  }),

  contractTest('of writers who race for one name one is read, whole', async ({ a, b }) => {
    const lengths = Array.from({ length: 20 }, (_, index) => 1 + index * 5000)
    await Promise.all(
      lengths.map((length, i) => (i % 2 ? a : b).put('race.png', filled(length, i))),
    )
    const found = await a.get('race.png')
    holdsOneOf(found, lengths)
    deepEqual(await b.get('race.png'), found)
  }),

  contractTest('who reads while others write sees nothing or a whole blob', async ({ a, b }) => {
    const lengths = [400_000, 700_000, 1_000_000]
    for (let round = 0; round < 5; round++) {
      const name = `round-${round}.png`
      const writers = { done: false }
      const writing = Promise.all(
        lengths.map((length, i) => (i % 2 ? a : b).put(name, filled(length, i))),
      ).finally(() => (writers.done = true))
      while (!writers.done) {
        const found = await Promise.all([a.get(name), b.get(name)])
        for (const bytes of found) if (bytes) holdsOneOf(bytes, lengths)
      }
      await writing
      holdsOneOf(await a.get(name), lengths)
    }
  }),

  contractTest('putting and deleting at once leaves a whole blob or none', async ({ a, b }) => {
    for (let round = 0; round < 10; round++) {
      const name = `round-${round}.png`
      await Promise.all([a.put(name, filled(200_000, 0)), b.delete(name), a.delete(name)])
      const found = await b.get(name)
      if (found) holdsOneOf(found, [200_000])
      await b.delete(name)
      equal(await a.get(name), undefined)
    }
  }),

  contractTest(
    'url, where there is one, is an address of its own for each blob',
    async ({ a, b }) => {
      const urls = ['one.png', 'two.png', 'one.jpg'].map((name) => {
        const url = a.url?.(name)
        equal(b.url?.(name), url)
        ok(url === undefined || (URL.canParse(url) && url.endsWith(`/${name}`)))
        return url
      })
      if (a.url) equal(new Set(urls).size, urls.length)
    },
  ),

  contractTest('nothing is read or written once it is closed, however often', async ({ a }) => {
    await a.put('one.png', every)
    await a.close()
    await a.close()
    await rejects(a.put('two.png', every))
    await rejects(a.get('one.png'))
    await rejects(a.delete('one.png'))
  }),
]
