import { createCipheriv, createHash } from 'node:crypto'
import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import { dropOld } from './drop-old.ts'
import { findMembership, isKeyAlive } from './session-key.ts'
import type { World } from './world.ts'

/** Data about a person that a phone hands to a mini program, sealed for its back end. */
export interface OpenData {
  readonly encryptedData: string
  readonly iv: string
  readonly cloudID: string
}

/** What a cloudID stands for. */
export interface CloudData {
  readonly appid: string
  readonly personId: string
  readonly issuedAtMs: number
  readonly data: object
}

/** A cloudID is good for less than this. */
const cloudIdTtlMs = 300_000

/** For so long WeChat knows what it has encrypted. */
const sealTtlMs = 3 * 24 * 3600 * 1000

/** More than so many cloudIDs, and hashes of phone data, are not kept; the oldest go first. */
const kept = 100_000

/**
 * The person's session_key as text. If none is alive, a key that nobody has: what is sealed with it
 * cannot be opened, and the person has to log in again.
 */
export function currentKey(world: World, app: App, personId: string): string {
  const membership = findMembership(world, app, personId)
  return membership && isKeyAlive(world, app, membership)
    ? membership.sessionKey
    : Buffer.from(world.sources.random(16)).toString('base64')
}

/** Seals the data, with its watermark, under the session_key: AES-128-CBC, PKCS#7. */
export function sealOpenData(
  world: World,
  app: App,
  personId: string,
  sessionKey: string,
  fields: object,
): OpenData {
  const watermark = watermarkOf(world, app.appid)
  const data = { ...fields, watermark }
  const iv = world.sources.random(16)
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(sessionKey, 'base64'), iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()])
  const cloudID = `33_${Buffer.from(world.sources.random(48)).toString('base64url')}`
  const issuedAtMs = nowMs(world)
  world.cloudData.set(cloudID, { appid: app.appid, personId, issuedAtMs, data })
  dropOld(world, world.cloudData, cloudIdTtlMs, kept)
  return {
    encryptedData: sealed.toString('base64'),
    iv: Buffer.from(iv).toString('base64'),
    cloudID,
  }
}

/** When and for which app data was made. */
export function watermarkOf(world: World, appid: string) {
  return { timestamp: Math.floor(nowMs(world) / 1000), appid }
}

/** What a cloudID stands for, for 5 minutes. */
export function findCloudData(world: World, cloudID: string): CloudData | undefined {
  const found = world.cloudData.get(cloudID)
  return found && nowMs(world) - found.issuedAtMs < cloudIdTtlMs ? found : undefined
}

/** Remembers phone data for `checkencryptedmsg`, which is asked for its hash: of text or bytes. */
export function rememberSealed(world: World, app: App, encryptedData: string): void {
  const sealed = { appid: app.appid, issuedAtMs: nowMs(world) }
  world.sealedHashes.set(sha256(encryptedData), sealed)
  world.sealedHashes.set(sha256(Buffer.from(encryptedData, 'base64')), sealed)
  dropOld(world, world.sealedHashes, sealTtlMs, kept)
}

/** When phone data of this hash was made for the app, for 3 days. */
export function findSealed(world: World, app: App, hash: string): number | undefined {
  const found = world.sealedHashes.get(hash)
  if (found?.appid !== app.appid) return undefined
  return nowMs(world) - found.issuedAtMs < sealTtlMs ? found.issuedAtMs : undefined
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
