import { spawn } from 'node:child_process'
import type { StdioOptions } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Emulator } from './create-emulator.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  /** One with a `tlsUrl`. */
  readonly emulator: Pick<Emulator, 'url' | 'tlsUrl' | 'caPem'>
  /** The command's environment; NODE_OPTIONS and NODE_EXTRA_CA_CERTS are added to what it has. */
  readonly env: Environment
  /** Default `inherit`. */
  readonly stdio?: StdioOptions
  /** Ends the command with SIGTERM. */
  readonly signal?: AbortSignal
}

/**
 * Runs a command whose Node programs, unchanged, reach the emulator under WeChat's own addresses:
 * `https://api.weixin.qq.com` and its siblings, with the certificate verified. For programs in
 * other languages this changes nothing.
 *
 * @returns The command's exit code; 128 and the signal's number if a signal ended it.
 * @throws If the command cannot be started, or the emulator has no TLS port.
 */
export async function runWithEmulator(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<number> {
  const { emulator, env, stdio = 'inherit', signal } = options
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-emulator-'))
  try {
    const authorities = join(folder, 'ca.pem')
    await writeFile(authorities, (await readOwn(env)) + emulator.caPem)
    const child = spawn(command, args, {
      stdio,
      env: {
        ...env,
        NODE_EXTRA_CA_CERTS: authorities,
        NODE_OPTIONS: [env['NODE_OPTIONS'], `--import=${preloadFor(emulator)}`]
          .filter(Boolean)
          .join(' '),
      },
      ...(signal && { signal, killSignal: 'SIGTERM' }),
    })
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => {
        if (error.name !== 'AbortError') reject(error)
      })
      child.once('exit', (code, name) =>
        resolve(code ?? 128 + (name ? constants.signals[name] : 0)),
      )
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function preloadFor({ url, tlsUrl }: RunOptions['emulator']): string {
  if (tlsUrl === undefined) {
    throw new TypeError('The emulator has no TLS port: give createEmulator a tlsPort, such as 0.')
  }
  const { hostname, port } = new URL(url)
  // Beside this file, and compiled as it is.
  const preload = new URL(import.meta.url.replace(/run-with-emulator(\.[jt]s).*$/, 'preload$1'))
  preload.searchParams.set('host', hostname.replace(/^\[|\]$/g, ''))
  preload.searchParams.set('port', port)
  preload.searchParams.set('tls_port', new URL(tlsUrl).port)
  return preload.href
}

/** The authorities that the program trusts already beside Node's own. */
async function readOwn(env: Environment): Promise<string> {
  const path = env['NODE_EXTRA_CA_CERTS']
  if (!path) return ''
  // Node warns of a file that it cannot read, and goes on.
  const text = await readFile(path, 'utf8').catch(() => '')
  return text && `${text}\n`
}
