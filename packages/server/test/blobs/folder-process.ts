// Puts blobs into a folder until it is killed, each of one byte over and over.
// Usage: folder-process.ts '{"folder": …}'

import { createFolderBlobs } from '@kaimen/server/blobs/folder'

export type FolderProcessOptions = { folder: string }

const { folder } = JSON.parse(process.argv[2] ?? '') as FolderProcessOptions
const blobs = createFolderBlobs(folder)
for (let i = 0; ; i++) {
  const each = [0, 1, 2, 3].map((of) => blobs.put(`${i}-${of}.png`, Buffer.alloc(300_000, i)))
  await Promise.all(each)
  process.stdout.write(`${i}\n`)
}
