import { keepCa, runWithEmulator } from '@kaimen/emulator'
import { listenForStop } from './listen-for-stop.ts'
import { authorityDir, openEmulator } from './open-emulator.ts'
import { refuse } from './refuse.ts'
import type { EmulatorOptions } from './open-emulator.ts'
import type { Settings } from './settings.ts'

/** `kaimen emulator`: WeChat alone, for a back end in any language. */
export async function emulator(settings: Settings, options: EmulatorOptions): Promise<void> {
  const untilStopped = listenForStop()
  const running = await openEmulator(settings, options)
  console.log(`
  emulator  微信模拟  ${running.url}
  over TLS  加密端口  ${running.tlsUrl}
  world     模拟世界  ${running.url}/emulator/world

  Point your client's https://api.weixin.qq.com here / 把 https://api.weixin.qq.com 指向这里
`)
  await untilStopped(running)
}

/** `kaimen emulator --print-ca`: what a program in any language has to trust. */
export async function printCa(settings: Settings): Promise<void> {
  process.stdout.write(await keepCa(authorityDir(settings)))
}

/** `kaimen emulator --exec -- node app.js`: ends when the program ends, with its exit code. */
export async function runOnEmulator(
  settings: Settings,
  options: EmulatorOptions,
  [command, ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (!command) {
    throw refuse(
      '--exec takes the command after --, such as: kaimen emulator --exec -- node app.js',
      '--exec 之后用 -- 给出命令，例如：kaimen emulator --exec -- node app.js',
    )
  }
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort())
  // A terminal sends Ctrl-C to the program as well.
  process.on('SIGINT', () => process.stdin.isTTY || stop.abort())
  const emulator = await openEmulator(settings, options)
  console.error(`emulator 微信模拟 ${emulator.url} ${emulator.tlsUrl}`)
  try {
    process.exitCode = await runWithEmulator(command, args, { emulator, env, signal: stop.signal })
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw refuse(`The command could not be started: ${reason}`, `命令无法启动：${reason}`)
  } finally {
    await emulator.close()
  }
}
