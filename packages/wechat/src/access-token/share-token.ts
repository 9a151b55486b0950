import { WechatTransportError } from '../errors/transport-error.ts'
import { readSealed, writeSealed } from './held-token.ts'
import type { HeldToken } from './held-token.ts'
import { findRecord, putRecord } from './token-record.ts'
import type { StoredToken, TokenRecord } from './token-record.ts'
import type { TokenStore } from './token-store.ts'

/** How processes come to one token of one app. */
export interface Sharing {
  readonly appid: string
  readonly key: string
  readonly store: TokenStore
  readonly leaseMs: number
  readonly seal: (text: string) => string | Promise<string>
  readonly open: (sealed: string) => string | Promise<string>
  /** Asks WeChat. */
  readonly fetch: () => Promise<Omit<HeldToken, 'version'>>
  /** Told what is got over here. */
  readonly report: (error: unknown) => void
  readonly nowMs: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly newId: () => string
}

/** How often who waits looks again, in milliseconds. */
const pollMs = 50
/** Most tries to write where others write at the same time: each one lost is another's success. */
const maxWrites = 20

/**
 * The token that others stored, if it is wanted, or one that is fetched now. Who fetches holds a
 * lease; the rest wait for it, `leaseMs` for each holder and twice that in all, then fetch
 * themselves.
 */
export async function shareToken(
  sharing: Sharing,
  isWanted: (held: HeldToken) => boolean,
): Promise<HeldToken> {
  const claim = await takeOrClaim(sharing, isWanted).catch((error: unknown) => {
    if (error instanceof WechatTransportError) throw error
    // A store that fails is done without.
    sharing.report(error)
    return { epoch: sharing.newId(), ticket: 0 }
  })
  return 'access_token' in claim ? claim : fetchFor(sharing, claim, isWanted)
}

/** The right to fetch: a ticket in the record of an epoch; ticket 0 where the store is out of reach. */
interface Claim {
  readonly epoch: string
  readonly ticket: number
}

async function takeOrClaim(
  sharing: Sharing,
  isWanted: (held: HeldToken) => boolean,
): Promise<HeldToken | Claim> {
  const { key, store, leaseMs, nowMs, sleep, newId } = sharing
  const giveUpAtMs = nowMs() + 2 * leaseMs
  let writes = 0
  while (writes < maxWrites) {
    const found = await findRecord(store, key)
    const record = found?.record
    const held = await openToken(sharing, record)
    if (held !== undefined && isWanted(held)) return held
    const waitMs = Math.min(record?.leaseUntilMs ?? 0, giveUpAtMs) - nowMs()
    if (waitMs > 0) {
      await sleep(Math.min(waitMs, pollMs))
      continue
    }
    const leaseUntilMs = nowMs() + leaseMs
    const next =
      record === undefined
        ? { epoch: newId(), ticket: 1, leaseUntilMs }
        : { ...record, ticket: record.ticket + 1, leaseUntilMs }
    if (await putRecord(store, key, found, next)) return next
    writes += 1
  }
  throw new Error(`the store refused ${maxWrites} writes in a row`)
}

async function fetchFor(
  sharing: Sharing,
  claim: Claim,
  isWanted: (held: HeldToken) => boolean,
): Promise<HeldToken> {
  const { appid, fetch, seal, report } = sharing
  const version = `${claim.epoch}:${claim.ticket}`
  if (claim.ticket === 0) return { ...(await fetch()), version }
  const fetched = await fetch().catch(async (error: unknown) => {
    await giveBack(sharing, claim).catch(report)
    throw error
  })
  try {
    const { fetchedAtMs, expiresAtMs } = fetched
    const sealed = await seal(writeSealed(appid, fetched.access_token))
    const token = { ticket: claim.ticket, sealed, fetchedAtMs, expiresAtMs }
    const newer = await publish(sharing, claim, token)
    if (newer !== undefined && isWanted(newer)) return newer
  } catch (error) {
    report(error)
  }
  return { ...fetched, version }
}

/** Stores the token, or gives the newer one that stands there. */
async function publish(
  sharing: Sharing,
  { epoch, ticket }: Claim,
  token: StoredToken,
): Promise<HeldToken | undefined> {
  const { key, store } = sharing
  for (let writes = 0; writes < maxWrites; writes += 1) {
    const found = await findRecord(store, key)
    const record = found?.record ?? { epoch, ticket, leaseUntilMs: 0 }
    // Another epoch began after this ticket was drawn: the store had lost the record meanwhile.
    if (record.epoch !== epoch || (record.token?.ticket ?? 0) > ticket) {
      return openToken(sharing, record)
    }
    // Who drew a later ticket keeps the lease, and writes over this one.
    const leaseUntilMs = record.ticket > ticket ? record.leaseUntilMs : 0
    if (await putRecord(store, key, found, { ...record, leaseUntilMs, token })) return undefined
  }
  return undefined
}

/** Lets the next one fetch without waiting for the end of the lease. */
async function giveBack({ store, key }: Sharing, { epoch, ticket }: Claim): Promise<void> {
  const found = await findRecord(store, key)
  const record = found?.record
  if (record?.epoch !== epoch || record.ticket !== ticket) return
  // Lost to another write: there is a later ticket, and nothing to give back.
  await putRecord(store, key, found, { ...record, leaseUntilMs: 0 })
}

async function openToken(
  { appid, open, report }: Sharing,
  record: TokenRecord | undefined,
): Promise<HeldToken | undefined> {
  if (record?.token === undefined) return undefined
  const { ticket, sealed, fetchedAtMs, expiresAtMs } = record.token
  try {
    const access_token = readSealed(appid, await open(sealed))
    if (access_token === undefined) return undefined
    return { access_token, version: `${record.epoch}:${ticket}`, fetchedAtMs, expiresAtMs }
  } catch (error) {
    report(error)
    return undefined
  }
}
