import { drawQr, readQr } from './qr-picture.ts'

export const envVersions = ['release', 'trial', 'develop'] as const

/** What a mini-program code leads to. */
export interface MiniProgramCode {
  readonly appid: string
  readonly page: string
  /** As it was asked for, not percent-encoded. */
  readonly scene: string
  readonly env_version: (typeof envVersions)[number]
}

/**
 * A QR code where WeChat draws its own round one, whose making it keeps to itself. A phone's camera
 * reads the text and can do nothing with it.
 */
export function drawMiniProgramCode(
  { appid, page, scene, env_version }: MiniProgramCode,
  look: Parameters<typeof drawQr>[1],
): Buffer {
  const query = new URLSearchParams({ scene, env_version })
  return drawQr(`wxacode://${appid}/${page}?${query.toString()}`, look)
}

/** What a picture leads to; undefined if no code can be read, `other` if it is another's code. */
export function readMiniProgramCode(picture: Uint8Array): MiniProgramCode | 'other' | undefined {
  const text = readQr(picture)
  if (text === undefined) return undefined
  const [, appid, page, search] = /^wxacode:\/\/(\w+)\/([^?]*)\?(.*)$/.exec(text) ?? []
  const query = new URLSearchParams(search)
  const env_version = envVersions.find((each) => each === query.get('env_version'))
  const scene = query.get('scene')
  if (!appid || page === undefined || scene === null || !env_version) return 'other'
  return { appid, page, scene, env_version }
}
