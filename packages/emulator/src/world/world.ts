import { seedWorld } from '../seed.ts'
import type { SeedPerson } from '../seed.ts'
import type { AccessToken, Issued } from './access-token.ts'
import { registerApp } from './app.ts'
import type { App } from './app.ts'
import type { Call } from './call.ts'
import type { Fault } from './fault.ts'
import type { Grant, UserToken } from './grant.ts'
import type { HexCode } from './hex-code.ts'
import type { LoginCode } from './login-code.ts'
import type { CloudData } from './open-data.ts'
import type { Payment } from './payment.ts'
import type { Rid } from './rid.ts'
import type { Membership } from './session-key.ts'
import type { SmsMessage } from './sms.ts'
import type { WebCode } from './web-code.ts'
import type { UserKey } from './user-key.ts'

/** What the world draws from outside itself. */
export interface Sources {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  /** That many bytes, never the same twice. */
  readonly random: (byteCount: number) => Uint8Array
}

/** Where the world is to be found, and how far it reaches. */
export interface Place {
  /** Such as `http://127.0.0.1:4180`, without a slash at its end. */
  readonly url: string
  /** The certificate of the authority that signs for WeChat's hosts here. */
  readonly caPem: string
  /** Hosts other than this machine's to which messages may be pushed. */
  readonly pushHosts: readonly string[]
}

const nowhere: Place = { url: 'http://127.0.0.1:4180', caPem: '', pushHosts: [] }

/** Everything that WeChat knows. Plain data; the rooms beside this file change it. */
export interface World {
  readonly sources: Sources
  readonly place: Place
  clockOffsetMs: number
  readonly apps: Map<string, App>
  readonly people: Map<string, SeedPerson>
  /** In the order in which they were issued, so that the oldest are dropped first. */
  readonly loginCodes: Map<string, LoginCode>
  loginCodesIssued: number
  readonly memberships: Map<string, Membership>
  /** Who is behind an openid that a mini program has seen. */
  readonly openids: Map<string, { readonly appid: string; readonly personId: string }>
  /** Dead ones too, for as long as they are known; the oldest first. */
  readonly accessTokens: Map<string, AccessToken>
  readonly issuedTokens: Map<string, Issued>
  /** The oldest first. */
  readonly hexCodes: Map<string, HexCode>
  /** The oldest first. */
  readonly cloudData: Map<string, CloudData>
  /** Phone data by the SHA-256 of its text and of its bytes; the oldest first. */
  readonly sealedHashes: Map<string, { readonly appid: string; readonly issuedAtMs: number }>
  /** By WeChat's number and by the merchant's; the oldest first. */
  readonly payments: Map<string, Payment>
  /** By openid; the newest first. */
  readonly userKeys: Map<string, readonly UserKey[]>
  /** The oldest first. */
  readonly rids: Map<string, Rid>
  /** The oldest first. */
  readonly webCodes: Map<string, WebCode>
  /** By refresh_token; the oldest first. */
  readonly grants: Map<string, Grant>
  /** Dead ones too, for as long as they are known; the oldest first. */
  readonly userTokens: Map<string, UserToken>
  /** When somebody began to follow an account. */
  readonly followers: Map<string, number>
  /** When an app was last told of an event, in seconds; no two are told of at one. */
  readonly pushedAtSeconds: Map<string, number>
  /** Where a scene leads that a mini-program code was last made for; the oldest first. */
  readonly scenes: Map<string, { readonly appid: string; readonly page: string }>
  readonly faults: Fault[]
  faultsAdded: number
  readonly calls: Call[]
  /** What the SMS gateways took; the oldest first. */
  readonly sms: SmsMessage[]
}

/** The seeded world. */
export function beginWorld(sources: Sources, place: Place = nowhere): World {
  const world: World = {
    sources,
    place,
    clockOffsetMs: 0,
    apps: new Map(),
    people: new Map(),
    loginCodes: new Map(),
    loginCodesIssued: 0,
    memberships: new Map(),
    openids: new Map(),
    accessTokens: new Map(),
    issuedTokens: new Map(),
    hexCodes: new Map(),
    cloudData: new Map(),
    sealedHashes: new Map(),
    payments: new Map(),
    userKeys: new Map(),
    rids: new Map(),
    webCodes: new Map(),
    grants: new Map(),
    userTokens: new Map(),
    followers: new Map(),
    pushedAtSeconds: new Map(),
    scenes: new Map(),
    faults: [],
    faultsAdded: 0,
    calls: [],
    sms: [],
  }
  resetWorld(world)
  return world
}

/** Makes the world what it was at its beginning. */
export function resetWorld(world: World): void {
  world.clockOffsetMs = 0
  world.apps.clear()
  world.people.clear()
  world.loginCodes.clear()
  world.loginCodesIssued = 0
  world.memberships.clear()
  world.openids.clear()
  world.accessTokens.clear()
  world.issuedTokens.clear()
  world.hexCodes.clear()
  world.cloudData.clear()
  world.sealedHashes.clear()
  world.payments.clear()
  world.userKeys.clear()
  world.rids.clear()
  world.webCodes.clear()
  world.grants.clear()
  world.userTokens.clear()
  world.followers.clear()
  world.pushedAtSeconds.clear()
  world.scenes.clear()
  world.faults.length = 0
  world.faultsAdded = 0
  world.calls.length = 0
  world.sms.length = 0
  for (const app of seedWorld.apps) world.apps.set(app.appid, registerApp(app))
  for (const person of seedWorld.people) world.people.set(person.id, person)
}
