import { watch } from 'node:fs'
import { sep } from 'node:path'

/** An editor writes a file in several steps. */
const calmMs = 40

/** Calls back once what is in a folder has changed and is at rest. */
export function watchFolder(folder: string, act: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(folder, { recursive: true }, (_, file) => {
    if (file?.split(sep).includes('node_modules')) return
    clearTimeout(timer)
    timer = setTimeout(act, calmMs)
  })
  // A server that ends does not wait for it.
  watcher.unref()
  return {
    close() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}
