// AWS Signature Version 4 as S3 checks it, read from
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export type SignedRequest = {
  method: string
  /** With its query, as it was sent. */
  path: string
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  body: Uint8Array
}

export type S3Key = { accessKeyId: string; secretAccessKey: string; region: string }

const skewMs = 15 * 60 * 1000

/** @returns S3's own code for what is wrong, or `undefined`. */
export function findSignatureFault(
  { method, path, headers, body }: SignedRequest,
  key: S3Key,
  nowMs: number,
): string | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  if (!match) return 'AccessDenied'
  const [, accessKeyId, day = '', region = '', signedNames = '', signature = ''] = match
  if (accessKeyId !== key.accessKeyId) return 'InvalidAccessKeyId'
  if (region !== key.region) return 'AuthorizationHeaderMalformed'

  const time = headers['x-amz-date'] ?? ''
  const [, date = '', hours, minutes, seconds] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? []
  if (date !== day) return 'AuthorizationHeaderMalformed'
  const iso = `${date.replace(/^(\d{4})(\d\d)/, '$1-$2-')}T${hours}:${minutes}:${seconds}Z`
  if (!(Math.abs(Date.parse(iso) - nowMs) <= skewMs)) return 'RequestTimeTooSkewed'

  const names = signedNames.split(';')
  const mustBeSigned = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'),
  )
  if (!mustBeSigned.every((name) => names.includes(name))) return 'AccessDenied'
  const payload = createHash('sha256').update(body).digest('hex')
  if (headers['x-amz-content-sha256'] !== payload) return 'XAmzContentSHA256Mismatch'

  const [resource = '', query = ''] = path.split(/\?(.*)/s)
  const canonical = [
    method,
    encode(decodeURIComponent(resource)).replaceAll('%2F', '/'),
    [...new URLSearchParams(query)]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    signedNames,
    payload,
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const signing = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(
    hmac,
    `AWS4${key.secretAccessKey}`,
  )
  const isRight = timingSafeEqual(hmac(signing, toSign), Buffer.from(signature, 'hex'))
  return isRight ? undefined : 'SignatureDoesNotMatch'
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

/** RFC 3986: all but the unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
