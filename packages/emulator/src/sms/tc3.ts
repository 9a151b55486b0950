import { createHmac, hash } from 'node:crypto'
import { headerOf } from './gateway.ts'
import type { SmsRequest } from './gateway.ts'

/**
 * What is wrong with the signature of a request to Tencent Cloud, or its SecretId. TC3-HMAC-SHA256:
 * https://cloud.tencent.com/document/api/382/52072
 */
export type Tc3Fault = 'invalid' | 'key_unknown' | 'mismatch'

const shape =
  /^TC3-HMAC-SHA256\s+Credential=([^,/\s]+)\/(\d{4}-\d\d-\d\d)\/([^,/\s]+)\/tc3_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/

/** Computes the signature anew, from what arrived and from the key of this SecretId. */
export function checkTc3(
  request: SmsRequest,
  keyOf: (secretId: string) => string | undefined,
): Tc3Fault | undefined {
  const [, secretId = '', date = '', service = '', signedHeaders = '', signature] =
    shape.exec(headerOf(request, 'authorization')) ?? []
  const signed = signedHeaders.split(';')
  const host = headerOf(request, 'host')
  // The SDKs take the first label of whatever host they are pointed to for the service.
  if (service !== 'sms' && service !== host.split('.')[0]) return 'invalid'
  if (!['content-type', 'host'].every((name) => signed.includes(name))) return 'invalid'
  const key = keyOf(secretId)
  if (key === undefined) return 'key_unknown'

  const timestamp = headerOf(request, 'x-tc-timestamp')
  if (dateOf(timestamp) !== date) return 'mismatch'
  const scope = `${date}/${service}/tc3_request`
  const signingKey = [date, service, 'tc3_request'].reduce<string | Buffer>(mac, `TC3${key}`)
  const signatureWith = (signedHost: string) => {
    const canonicalRequest = [
      request.method,
      '/',
      request.query.toString(),
      ...signed
        .toSorted()
        .map(
          (name) =>
            `${name}:${name === 'host' ? signedHost : headerOf(request, name).toLowerCase()}`,
        ),
      '',
      signedHeaders,
      hash('sha256', request.body),
    ].join('\n')
    const lines = ['TC3-HMAC-SHA256', timestamp, scope, hash('sha256', canonicalRequest)]
    return mac(signingKey, lines.join('\n')).toString('hex')
  }
  // The Node SDK signs the host without its port, and sends it with.
  const isSound = [host, host.replace(/:\d+$/, '')].some(
    (name) => signatureWith(name) === signature,
  )
  return isSound ? undefined : 'mismatch'
}

function mac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** The day of a Unix time in seconds, in UTC; undefined for what is no time. */
function dateOf(timestamp: string): string | undefined {
  if (!/^\d{1,11}$/.test(timestamp)) return undefined
  return new Date(Number(timestamp) * 1000).toISOString().slice(0, 10)
}
