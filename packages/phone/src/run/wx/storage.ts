import { fromBase64, toBase64 } from '../files.ts'
import { WxFailure, type MakeApi, type Wx } from './api.ts'

/** Where a phone keeps what has to outlast it; a browser's `localStorage` is one. */
export interface Shelf {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
  readonly length: number
  key(index: number): string | null
}

const keyLimitBytes = 1024 * 1024
const limitBytes = 10 * keyLimitBytes
const encrypted = 'encrypted:'

/**
 * The storage of one person in one mini program.
 *
 * https://developers.weixin.qq.com/miniprogram/dev/api/storage/wx.setStorage.html
 *
 * @param place What its keys on the shelf begin with.
 */
export function describeStorage(shelf: Shelf, place: string, crypto: Crypto, makeApi: MakeApi) {
  const keys = () =>
    Array.from({ length: shelf.length }, (_, index) => shelf.key(index) ?? '')
      .filter((key) => key.startsWith(place))
      .map((key) => key.slice(place.length))
  const sizeOf = (key: string) => (shelf.getItem(place + key) ?? '').length
  const usedBytes = () => keys().reduce((sum, key) => sum + sizeOf(key), 0)

  function put(key: string, text: string) {
    if (text.length > keyLimitBytes) throw new WxFailure('entry size limit reached')
    if (usedBytes() - sizeOf(key) + text.length > limitBytes)
      throw new WxFailure('exceed storage max size 10Mb')
    shelf.setItem(place + key, text)
  }

  function take(key: string): unknown {
    const text = shelf.getItem(place + key)
    if (text === null) return undefined
    // What was put there encrypted is not for who does not ask for that.
    return text.startsWith(encrypted) ? text : (JSON.parse(text) as unknown)
  }

  /** Of this phone; WeChat's is derived from the person and the mini program. */
  async function keyOf(): Promise<CryptoKey> {
    const name = `${place}\u0000key`.replace(':storage:', ':sealed:')
    const raw = shelf.getItem(name) ?? toBase64(crypto.getRandomValues(new Uint8Array(16)).buffer)
    shelf.setItem(name, raw)
    return crypto.subtle.importKey('raw', fromBase64(raw), 'AES-GCM', false, ['encrypt', 'decrypt'])
  }

  async function seal(text: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const data = new TextEncoder().encode(text)
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await keyOf(), data)
    return `${encrypted}${toBase64(iv.buffer)}:${toBase64(sealed)}`
  }

  async function unseal(text: string): Promise<unknown> {
    const [iv = '', sealed = ''] = text.slice(encrypted.length).split(':')
    const algorithm = { name: 'AES-GCM', iv: fromBase64(iv) }
    const plain = await crypto.subtle.decrypt(algorithm, await keyOf(), fromBase64(sealed))
    return JSON.parse(new TextDecoder().decode(plain))
  }

  const info = () => ({
    keys: keys(),
    currentSize: Math.ceil(usedBytes() / 1024),
    limitSize: limitBytes / 1024,
  })

  return {
    getStorageSync: ((key: string) => take(key) ?? '') as Wx['getStorageSync'],
    setStorageSync: (key: string, data: unknown) => put(key, JSON.stringify(data ?? '')),
    removeStorageSync: (key: string) => shelf.removeItem(place + key),
    clearStorageSync: () => keys().forEach((key) => shelf.removeItem(place + key)),
    getStorageInfoSync: info,
    batchSetStorageSync: (list: { key: string; value: unknown }[]) =>
      list.forEach(({ key, value }) => put(key, JSON.stringify(value ?? ''))),
    batchGetStorageSync: ((list: string[]) =>
      list.map((key) => take(key) ?? '')) as Wx['batchGetStorageSync'],
    getStorage: makeApi('getStorage', async ({ key, encrypt }) => {
      const text = shelf.getItem(place + key)
      if (text === null) throw new WxFailure('data not found', 1300101)
      if (encrypt !== true) return { data: take(key) }
      if (!text.startsWith(encrypted)) throw new WxFailure('data is not encrypted')
      return { data: await unseal(text) }
    }),
    setStorage: makeApi('setStorage', async ({ key, data, encrypt }) => {
      const text = JSON.stringify(data ?? '')
      put(key, encrypt === true ? await seal(text) : text)
      return {}
    }),
    removeStorage: makeApi('removeStorage', ({ key }) => {
      shelf.removeItem(place + key)
      return {}
    }),
    clearStorage: makeApi('clearStorage', () => {
      for (const key of keys()) shelf.removeItem(place + key)
      return {}
    }),
    getStorageInfo: makeApi('getStorageInfo', info),
  } satisfies Partial<Wx>
}
