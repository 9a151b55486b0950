import { WxFailure } from './wx/api.ts'

/** The temporary files of a mini program, by paths as WeChat gives them. */
export interface Files {
  readonly add: (content: ArrayBuffer, type: string) => string
  readonly read: (path: string) => ArrayBuffer
  readonly has: (path: string) => boolean
  readonly remove: (path: string) => void
  /** For the browser: `http://tmp/…` is a place of the phone's, not of the network. */
  readonly locate: (path: string) => string
  readonly typeOf: (path: string) => string
}

export function keepFiles(): Files {
  const files = new Map<string, { content: ArrayBuffer; type: string }>()
  let number = 0
  const find = (path: string) => {
    const file = files.get(path)
    if (file) return file
    throw new WxFailure(`no such file or directory, open ${path}`)
  }
  return {
    add(content, type) {
      number += 1
      const [, extension = 'bin'] = /\/(\w+)/.exec(type) ?? []
      const path = `http://tmp/file-${number}.${extension === 'jpeg' ? 'jpg' : extension}`
      files.set(path, { content, type })
      return path
    },
    read: (path) => find(path).content,
    typeOf: (path) => find(path).type,
    has: (path) => files.has(path),
    remove(path) {
      find(path)
      files.delete(path)
    },
    locate(path) {
      const file = files.get(path)
      return file ? `data:${file.type};base64,${toBase64(file.content)}` : path
    },
  }
}

export function toBase64(content: ArrayBuffer): string {
  let text = ''
  for (const byte of new Uint8Array(content)) text += String.fromCharCode(byte)
  return btoa(text)
}

export function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
}
