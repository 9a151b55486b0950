import { randomBytes, X509Certificate } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority } from './certificate.ts'
import type { Certified } from './certificate.ts'

/** The authority's certificate alone, for those who are to trust it. */
const certificateFile = 'emulator-ca.pem'
/** The private key and the certificate, for this user alone. */
const keyFile = 'emulator-ca-key.pem'

/** The certificate, in PEM, of a folder's authority, which is made on first use. */
export async function keepCa(dataDir: string): Promise<string> {
  return (await keepAuthority(dataDir, new Date())).certificatePem
}

/**
 * The certificate authority of a folder, made on first use. Of two emulators that begin at once,
 * one makes it and both use it.
 *
 * @throws If the folder cannot be used, or what lies there is no authority or has expired.
 */
export async function keepAuthority(dataDir: string, now: Date): Promise<Certified> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, keyFile)
  const authority = (await readAuthority(path, now)) ?? (await makeAuthority(path, now))
  await writeFile(join(dataDir, certificateFile), authority.certificatePem)
  return authority
}

async function readAuthority(path: string, now: Date): Promise<Certified | undefined> {
  const text = await readFile(path, 'utf8').catch(undefinedIfMissing)
  if (text === undefined) return undefined
  const [keyPem, certificatePem] =
    text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []
  const advice = `Delete ${path}: a new one is made, which has to be trusted anew.`
  if (!keyPem || !certificatePem) throw new Error(`${path} holds no key and certificate. ${advice}`)
  if (new X509Certificate(certificatePem).validToDate <= now) {
    throw new Error(`The emulator's certificate authority has expired. ${advice}`)
  }
  return { keyPem: `${keyPem}\n`, certificatePem: `${certificatePem}\n` }
}

// Written in full under another name first, so that nobody reads the half of it.
async function makeAuthority(path: string, now: Date): Promise<Certified> {
  const made = createAuthority(now)
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, made.keyPem + made.certificatePem, { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, path)
    return made
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return (await readAuthority(path, now)) ?? made
  } finally {
    await rm(draft, { force: true })
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
