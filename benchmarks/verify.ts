// What a check of a token costs, against the bare work in it, in the same process and the same minute.
// Usage: node --conditions=@kaimen/source benchmarks/verify.ts

import { generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto'
import { createVerifier } from '@kaimen/verify'

export type VerifyMeasure = {
  readonly name: string
  readonly baseline: string
  /** A second. */
  readonly checks: number
  /** A second. */
  readonly baselineChecks: number
  /** The middle one of all rounds. */
  readonly ratio: number
}

type Round = { readonly checks: number; readonly baselineChecks: number }

const issuer = 'https://auth.example.com'
const endedSessions = 1000

/** Takes some 10 s, on one core. */
export async function measureVerify({ rounds = 9 } = {}): Promise<VerifyMeasure[]> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES256', use: 'sig' }
  const verifier = createVerifier({
    issuer,
    credential: 'kmc_benchmark',
    fetch: (url, { signal }) => answer(url, jwk, signal ?? undefined),
  })
  try {
    await verifier.ready()
    return [
      summarize('seen', 'SHA-256 of the token, look-up in a Map', await repeat(rounds, seen)),
      summarize(
        'not seen',
        'crypto.verify of the signature as a JWS has it',
        await repeat(rounds, notSeen),
      ),
    ]
  } finally {
    verifier.close()
  }

  async function seen(): Promise<Round> {
    const tokens = makeTokens(privateKey, 2000)
    const bytes = tokens.map((token) => Buffer.from(token, 'latin1'))
    for (const token of tokens) await verifier.verify(token)
    const known = new Map(tokens.map((token) => [hash('sha256', token, 'base64url'), token]))
    const repeats = 20
    // Each header is a new string, whose hash nobody knows yet.
    const baselineChecks = await perSecond(tokens.length * repeats, () => {
      for (let i = 0; i < repeats; i++) {
        for (const token of bytes) {
          if (!known.has(hash('sha256', token.toString('latin1'), 'base64url')))
            throw new Error('gone')
        }
      }
    })
    const checks = await perSecond(tokens.length * repeats, async () => {
      for (let i = 0; i < repeats; i++) {
        for (const token of bytes) await verifier.verify(token.toString('latin1'))
      }
    })
    return { checks, baselineChecks }
  }

  async function notSeen(): Promise<Round> {
    const tokens = makeTokens(privateKey, 4000)
    const signed = tokens.map((token) => {
      const at = token.lastIndexOf('.')
      return [
        Buffer.from(token.slice(0, at)),
        Buffer.from(token.slice(at + 1), 'base64url'),
      ] as const
    })
    const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
    const baselineChecks = await perSecond(tokens.length, () => {
      for (const [input, signature] of signed) {
        if (!verify('sha256', input, key, signature)) throw new Error('refused')
      }
    })
    const checks = await perSecond(tokens.length, async () => {
      for (const token of tokens) await verifier.verify(token)
    })
    return { checks, baselineChecks }
  }
}

/** What the server would answer: its keys, the sessions that ended, and then nothing for long. */
async function answer(url: string, jwk: object, signal?: AbortSignal): Promise<Response> {
  if (url.endsWith('/jwks.json')) return Response.json({ keys: [jwk] })
  const held = !url.includes('wait=0')
  if (held) await new Promise((resolve) => signal?.addEventListener('abort', resolve))
  const revocations = Array.from({ length: endedSessions }, (_, i) => ({
    session_id: `ses_${i.toString(32).padStart(11, '0')}`,
    at: new Date().toISOString(),
  }))
  return Response.json({ revocations, cursor: '1' })
}

let made = endedSessions

function makeTokens(privateKey: KeyObject, count: number): string[] {
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1' })
  const iat = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, () => {
    const id = (made++).toString(32).padStart(11, '0')
    const rest = { client_id: 'wx0123456789abcdef', sid: `ses_${id}`, iat, exp: iat + 900, jti: id }
    const input = `${header}.${encode({ iss: issuer, aud: issuer, sub: `usr_${id}`, ...rest })}`
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  })
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

async function repeat(rounds: number, round: () => Promise<Round>): Promise<Round[]> {
  // The first one warms up.
  await round()
  const all: Round[] = []
  for (let i = 0; i < rounds; i++) all.push(await round())
  return all
}

async function perSecond(count: number, work: () => void | Promise<void>): Promise<number> {
  const beganAt = performance.now()
  await work()
  return (count / (performance.now() - beganAt)) * 1000
}

function summarize(name: string, baseline: string, rounds: readonly Round[]): VerifyMeasure {
  return {
    name,
    baseline,
    checks: Math.round(median(rounds.map(({ checks }) => checks))),
    baselineChecks: Math.round(median(rounds.map(({ baselineChecks }) => baselineChecks))),
    ratio: median(rounds.map(({ checks, baselineChecks }) => checks / baselineChecks)),
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

if (import.meta.main) {
  for (const { name, baseline, checks, baselineChecks, ratio } of await measureVerify()) {
    console.log(
      `${name}: ${checks} a second, ${ratio.toFixed(2)} × ${baseline} (${baselineChecks} a second)`,
    )
  }
}
