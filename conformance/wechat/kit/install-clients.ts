import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')
const stamp = join(folder, 'node_modules/.kaimen-installed')

/**
 * Installs the clients if they are not there as the lock file has them.
 *
 * @throws If npm fails, such as without a network.
 */
export async function installClients(): Promise<void> {
  const lock = await readFile(join(folder, 'package-lock.json'))
  const digest = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === digest) return
  // Run from a script of npm's, npm would take the workspace's strategy out of the environment; what
  // a client does not declare it may find here all the same, as with npm's default.
  await runNpm(['ci', '--loglevel=error', '--include=dev', '--install-strategy=hoisted'])
  await writeFile(stamp, digest)
}

function runNpm(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const isWindows = process.platform === 'win32'
    const child = spawn('npm', args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: isWindows,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      reject(new Error(`npm ci failed in conformance/wechat: check the network.\n${said}`))
    })
  })
}
