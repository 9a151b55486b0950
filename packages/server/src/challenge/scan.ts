import type { Device } from '@kaimen/protocol'
import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { mac, sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import { passOutage } from '../outage.ts'
import type { Random } from '../random.ts'
import { openText, sealText } from '../seal.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

/** Life of a code on a screen. [OA-6] */
const scanTtlMs = 120 * secondMs
/** So long a browser has at least to come for what was approved, be it in the last second. */
const collectMs = 15 * secondMs
/** Longer than it counts, so that whoever is late is told so. */
const keepMs = 5 * minuteMs

type Parts = { ephemeral: EphemeralStore; ring: KeyRing; random: Random; clock: Clock }

/** Who asks, as the person with the phone is shown it. */
export type ScanAsked = {
  /** The mini program that confirms. */
  readonly app_id: string
  /** The host of the page. */
  readonly site: string
  readonly place: string | null
  readonly device: Device | null
}

/** Each follows only from the one above, and `rejected` from `claimed`. */
type Stage =
  | { readonly stage: 'waiting' }
  | { readonly stage: 'claimed'; readonly user_id: number }
  | { readonly stage: 'rejected'; readonly user_id: number }
  | {
      /** `collecting`: one request of the browser is about to sign it in. */
      readonly stage: 'approved' | 'collecting'
      readonly user_id: number
      /** The session that approved. */
      readonly approved_in: number
    }
  | {
      readonly stage: 'collected'
      readonly user_id: number
      /** What the browser was given. */
      readonly session_id: number
    }

export type Scan = ScanAsked & {
  /** Digest of the name of the browser that began it. */
  readonly browser: string
  readonly expires_at: number
} & Stage

/** Who says so on the phone. */
export type Scanner = {
  readonly app_id: string
  readonly user_id: number
  readonly session_id: number
}

export type ScanStatus = 'waiting' | 'claimed' | 'approved' | 'rejected' | 'expired'

/**
 * Begins a scan for one browser.
 *
 * The id is for that browser; the {@link scanTicket} goes into the picture, and is a MAC of the id:
 * nobody finds the one by the other, and neither is stored. The store has the digest of the ticket,
 * and what is known of who asks sealed. [OA-6]
 */
export async function issueScan(parts: Parts, asked: ScanAsked & { browser: string }) {
  const { ephemeral, ring, random, clock } = parts
  const bytes = Buffer.alloc(idBytes)
  bytes.writeUInt16BE(ring.current, 0)
  bytes.set(random(idBytes - versionBytes), versionBytes)
  const id = bytes.toString('base64url')
  const key = keyOf(scanTicket(ring, id))
  const scan: Scan = { ...asked, expires_at: clock.now() + scanTtlMs, stage: 'waiting' }
  await ephemeral.set(key, sealScan(parts, key, scan), keepMs)
  return { id, expiresInMs: scanTtlMs }
}

/** A key version (2) ‖ chance (22): 32 characters of base64url. */
const idBytes = 24
const versionBytes = 2

/**
 * What the picture holds: 32 characters, as many as WeChat takes for a scene.
 *
 * @throws {@link KaimenError} `scan_invalid` where nothing of this id was begun here.
 */
export function scanTicket(ring: KeyRing, id: string): string {
  if (!textPattern.test(id)) throw new KaimenError('scan_invalid')
  const bytes = Buffer.from(id, 'base64url')
  const key = ring.key('scan', bytes.readUInt16BE(0))
  if (!key) throw new KaimenError('scan_invalid')
  return mac(key, bytes).toString('base64url', 0, idBytes)
}

/**
 * How a scan stands, for the browser that began it.
 *
 * @throws {@link KaimenError} `scan_invalid`, `scan_foreign`
 */
export async function findScan(
  parts: Parts,
  id: string,
  browser: string | undefined,
): Promise<Scan> {
  return (await holdScan(parts, id, browser)).scan
}

async function holdScan(parts: Parts, id: string, browser: string | undefined): Promise<Held> {
  const held = await hold(parts, keyOf(scanTicket(parts.ring, id)))
  if (held.scan.browser !== browser) throw new KaimenError('scan_foreign')
  return held
}

export function scanStatus({ clock }: Pick<Parts, 'clock'>, scan: Scan): ScanStatus {
  if (scan.stage === 'rejected') return 'rejected'
  if (scan.stage === 'collected') return 'approved'
  if (clock.now() >= scan.expires_at) return 'expired'
  return scan.stage === 'collecting' ? 'approved' : scan.stage
}

/** How often a scan is drawn: WeChat draws 5000 a minute for all people of an app. */
export const maxPictures = 3

/**
 * Counts a picture of a scan before it is drawn.
 *
 * @throws {@link KaimenError} `scan_invalid`, `scan_foreign`, `scan_expired`, `rate_limited`
 */
export async function countPicture(
  parts: Parts,
  id: string,
  browser: string | undefined,
): Promise<Scan> {
  const { key, scan } = await holdScan(parts, id, browser)
  const leftMs = scan.expires_at - parts.clock.now()
  if (leftMs <= 0) throw new KaimenError('scan_expired')
  if ((await parts.ephemeral.increment(`${key}/pictures`, 1, keepMs)) > maxPictures) {
    throw new KaimenError('rate_limited', { retryAfterSeconds: Math.ceil(leftMs / secondMs) })
  }
  return scan
}

/**
 * The phone opened the code: from now on it is for this person to decide. Of two who do so at once
 * one does.
 *
 * @throws {@link KaimenError} `scan_invalid`, `scan_expired`, `scan_taken`, `scan_done`
 */
export function takeScan(parts: Parts, ticket: string, by: Scanner): Promise<Scan> {
  return change(parts, ticket, (scan) => {
    const open = requireOpen(parts, scan, by)
    const { user_id } = by
    return open.stage === 'waiting' ? { ...open, stage: 'claimed', user_id } : open
  })
}

/**
 * The person decides, once.
 *
 * @throws {@link KaimenError} `scan_invalid`, `scan_expired`, `scan_taken`, `scan_unclaimed`,
 *   `scan_done`
 */
export function decideScan(
  parts: Parts,
  ticket: string,
  by: Scanner,
  decision: 'approved' | 'rejected',
): Promise<Scan> {
  return change(parts, ticket, (scan) => {
    const open = requireOpen(parts, scan, by)
    if (open.stage !== 'claimed') throw new KaimenError('scan_unclaimed')
    if (decision === 'rejected') return { ...open, stage: 'rejected' }
    const expires_at = Math.max(open.expires_at, parts.clock.now() + collectMs)
    return { ...open, stage: 'approved', approved_in: by.session_id, expires_at }
  })
}

function requireOpen({ clock }: Parts, scan: Scan, { app_id, user_id }: Scanner) {
  if (scan.app_id !== app_id) throw new KaimenError('scan_invalid')
  if (scan.stage !== 'waiting' && scan.user_id !== user_id) throw new KaimenError('scan_taken')
  if (scan.stage !== 'waiting' && scan.stage !== 'claimed') throw new KaimenError('scan_done')
  if (clock.now() >= scan.expires_at) throw new KaimenError('scan_expired')
  return scan
}

/** What an approval is worth: a session of this app for this user. */
export type Approval = ScanAsked & { readonly user_id: number; readonly approved_in: number }

export type Collected = { readonly scan: Scan } | { readonly session_id: number }

/** Longer than a sign-in takes. */
const collectingMs = 10 * secondMs
const pollMs = 50

/**
 * Trades an approval for a session, once: of any number of requests at once one signs in, and all
 * get its session. A process that dies in the midst of it costs another scan, and never gives two.
 *
 * @param signIn Gives the id of the session. Where it fails, the approval stays good.
 * @returns The scan as it stands where nothing is approved.
 * @throws {@link KaimenError} `scan_invalid`, `scan_foreign`, and what `signIn` throws.
 */
export async function collectScan(
  parts: Parts,
  id: string,
  browser: string | undefined,
  signIn: (approval: Approval) => Promise<number>,
): Promise<Collected> {
  const { ephemeral, clock } = parts
  for (let waitedMs = 0; waitedMs < collectingMs; waitedMs += pollMs) {
    const { key, sealed, scan } = await holdScan(parts, id, browser)
    if (scan.stage === 'collected') return { session_id: scan.session_id }
    if (scanStatus(parts, scan) !== 'approved') return { scan }
    if (scan.stage === 'approved') {
      const mine = sealScan(parts, key, { ...scan, stage: 'collecting' })
      if (!(await ephemeral.replace(key, sealed, mine, keepMs))) continue
      const session_id = await signIn(scan).catch(async (error: unknown) => {
        await ephemeral.replace(key, mine, sealed, keepMs).catch(passOutage)
        throw error
      })
      const collected = sealScan(parts, key, { ...scan, stage: 'collected', session_id })
      // Where this is lost, the browser has its session, and a repetition has none.
      await ephemeral.replace(key, mine, collected, keepMs).catch(passOutage)
      return { session_id }
    }
    await clock.sleep(pollMs)
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

/** How often whoever loses a race looks again; a scan changes less often than this. */
const looks = 8

/** One change, by one act of the store. `next` gives the same scan back where nothing changes. */
async function change(parts: Parts, ticket: string, next: (scan: Scan) => Scan): Promise<Scan> {
  if (!textPattern.test(ticket)) throw new KaimenError('scan_invalid')
  const key = keyOf(ticket)
  for (let look = 0; look < looks; look++) {
    const { scan, sealed } = await hold(parts, key)
    const changed = next(scan)
    if (changed === scan) return scan
    const written = sealScan(parts, key, changed)
    if (await parts.ephemeral.replace(key, sealed, written, keepMs)) return changed
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

/** Ids and tickets alike: 24 bytes. */
const textPattern = /^[A-Za-z0-9_-]{32}$/

const keyOf = (ticket: string) => `scan/${sha256(ticket)}`

const place = (key: string) => ({ table: 'ephemeral', row: key, column: 'value' })

/** It names a place, which may be an address. */
function sealScan({ ring, random }: Parts, key: string, scan: Scan): string {
  return sealText(ring, random, place(key), JSON.stringify(scan))
}

type Held = { readonly key: string; readonly sealed: string; readonly scan: Scan }

async function hold({ ephemeral, ring }: Parts, key: string): Promise<Held> {
  const sealed = await ephemeral.get(key)
  const text = sealed === undefined ? undefined : openText(ring, place(key), sealed)
  if (sealed === undefined || text === undefined) throw new KaimenError('scan_invalid')
  return { key, sealed, scan: JSON.parse(text) as Scan }
}
