import { createHmac } from 'node:crypto'
import { equalBytes } from '../digest.ts'
import { readSecrets, type SecretFault } from '../key-ring.ts'

/** The texts that sign: as many as there are versions while a secret is rolled. */
export type SigningSecrets = readonly string[]

/** Written as `KAIMEN_SECRET` is, and as hard to guess. */
export function readSigningSecrets(text: string): SigningSecrets | SecretFault {
  const secrets = readSecrets(text)
  return typeof secrets === 'string' ? secrets : secrets.map((secret) => secret.text)
}

/** What is wrong with the secret of webhooks; `undefined`: nothing. */
export function findSecretFault(text: string): SecretFault | undefined {
  const secrets = readSigningSecrets(text)
  return typeof secrets === 'string' ? secrets : undefined
}

/** The value of `Kaimen-Signature`: `t=<unix seconds>,v1=<hex>`, one `v1` for each secret. */
export function signBody(secrets: SigningSecrets, seconds: number, body: string): string {
  const signatures = secrets.map((each) => `v1=${signedBytes(each, seconds, body).toString('hex')}`)
  return [`t=${seconds}`, ...signatures].join(',')
}

/** Seconds for which a signature is good: whoever recorded one can send it again for so long. */
const toleranceSeconds = 5 * 60

export type SignatureFault = 'signature_missing' | 'signature_wrong' | 'too_old'

/** @returns What is wrong; `undefined`: the body is what a holder of a secret sent just now. */
export function findSignatureFault(
  secrets: SigningSecrets,
  { signature, body, nowMs }: { signature: string; body: string | Uint8Array; nowMs: number },
): SignatureFault | undefined {
  const [, t, list = ''] = /^t=(\d{1,12})((?:,v\d+=[0-9a-f]+)+)$/.exec(signature) ?? []
  const given = [...list.matchAll(/,v1=([0-9a-f]{64})(?=,|$)/g)]
  if (t === undefined || given.length === 0) return 'signature_missing'
  const wanted = secrets.map((each) => signedBytes(each, Number(t), body))
  // Every pair is compared: the time it takes tells nothing of which secret fits.
  const fits = given.map(([, hex = '']) => {
    const bytes = Buffer.from(hex, 'hex')
    return wanted.map((each) => equalBytes(each, bytes)).includes(true)
  })
  if (!fits.includes(true)) return 'signature_wrong'
  const ageSeconds = nowMs / 1000 - Number(t)
  return Math.abs(ageSeconds) > toleranceSeconds ? 'too_old' : undefined
}

/** The time is signed too, as it is written: an old signature cannot be given a new one. */
function signedBytes(secret: string, seconds: number, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}
