import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bits, der, integer, objectId, octets, sequence, setOf, text, utcTime, yes } from './der.ts'

/** A certificate and its private key, in PEM. */
export interface Certified {
  readonly certificatePem: string
  readonly keyPem: string
}

/** The names of WeChat's that the emulator stands for, and this machine's own. */
const certifiedNames = [
  'api.weixin.qq.com',
  'api2.weixin.qq.com',
  'sh.api.weixin.qq.com',
  'sz.api.weixin.qq.com',
  'hk.api.weixin.qq.com',
  'open.weixin.qq.com',
  'mp.weixin.qq.com',
  'localhost',
  '127.0.0.1',
  '::1',
]

const dayMs = 24 * 3600 * 1000

/**
 * A new certificate authority, good for ten years. By its name constraints (RFC 5280, 4.2.1.10) it
 * can vouch for WeChat's hosts and this machine alone, so that a key that is stolen opens no other
 * site to those who trust it.
 */
export function createAuthority(now: Date): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const name = nameOf(`Kaimen WeChat emulator CA ${keyIdOf(spki).toString('hex').slice(0, 8)}`)
  const keyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return certify({
    subject: name,
    spki,
    issuer: name,
    issuerKeyPem: keyPem,
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + 3650 * dayMs),
    extensions: [
      extension('2.5.29.19', sequence(yes, integer(Buffer.from([0]))), true),
      // keyCertSign, cRLSign
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
      extension('2.5.29.30', nameConstraints(), true),
      extension('2.5.29.14', octets(keyIdOf(spki))),
    ],
    keyPem,
  })
}

/** A server's certificate for WeChat's names, good for a year, which no client finds too long. */
export function issueCertificate(
  authority: Certified,
  now: Date,
  names: readonly string[] = certifiedNames,
): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const authoritySpki = createPublicKey(authority.certificatePem).export({
    format: 'der',
    type: 'spki',
  })
  return certify({
    subject: nameOf(names[0] ?? ''),
    spki,
    issuer: nameOf(commonNameOf(authority)),
    issuerKeyPem: authority.keyPem,
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + 365 * dayMs),
    extensions: [
      extension('2.5.29.19', sequence(), true),
      // digitalSignature
      extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
      // serverAuth
      extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', sequence(...names.map(generalName))),
      extension('2.5.29.35', sequence(der(0x80, keyIdOf(authoritySpki)))),
      extension('2.5.29.14', octets(keyIdOf(spki))),
    ],
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  })
}

interface Statement {
  readonly subject: Buffer
  readonly spki: Buffer
  readonly issuer: Buffer
  readonly issuerKeyPem: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Buffer[]
  readonly keyPem: string
}

// RFC 5280, 4.1.
function certify(statement: Statement): Certified {
  const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))
  const version3 = der(0xa0, integer(Buffer.from([2])))
  const toBeSigned = sequence(
    version3,
    newSerial(),
    ecdsaWithSha256,
    statement.issuer,
    sequence(utcTime(statement.notBefore), utcTime(statement.notAfter)),
    statement.subject,
    statement.spki,
    der(0xa3, sequence(...statement.extensions)),
  )
  const signature = sign('sha256', toBeSigned, createPrivateKey(statement.issuerKeyPem))
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bits(signature))
  return {
    certificatePem: new X509Certificate(certificate).toString(),
    keyPem: statement.keyPem,
  }
}

// Positive and without leading zeros, whatever is drawn.
function newSerial(): Buffer {
  return integer(Buffer.concat([Buffer.from([0x4b]), randomBytes(15)]))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [yes] : []), octets(value))
}

function nameConstraints(): Buffer {
  const permitted = [
    der(0x82, Buffer.from('weixin.qq.com')),
    der(0x82, Buffer.from('localhost')),
    // 127.0.0.0/8 and ::1/128: address and mask.
    der(0x87, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])),
    der(0x87, Buffer.concat([ipv6Loopback, Buffer.alloc(16, 0xff)])),
  ]
  return sequence(der(0xa0, ...permitted.map((subtree) => sequence(subtree))))
}

const ipv6Loopback = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])

function generalName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)))
  return name === '::1' ? der(0x87, ipv6Loopback) : der(0x82, Buffer.from(name))
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf(sequence(objectId('2.5.4.3'), text(commonName))))
}

function commonNameOf(authority: Certified): string {
  return new X509Certificate(authority.certificatePem).subject.replace(/^CN=/, '')
}

function keyIdOf(spki: Buffer): Buffer {
  return createHash('sha256').update(spki).digest().subarray(0, 20)
}
