import { listenForStop } from './listen-for-stop.ts'
import { openEmulator } from './open-emulator.ts'
import type { Settings } from './settings.ts'

/** `kaimen emulator`: WeChat alone, for a back end in any language. */
export async function emulator(settings: Settings, host: string): Promise<void> {
  const untilStopped = listenForStop()
  const running = await openEmulator(settings, host)
  console.log(`
  emulator  微信模拟  ${running.url}
  over TLS  加密端口  ${running.tlsUrl}
  world     模拟世界  ${running.url}/emulator/world

  Point your client's https://api.weixin.qq.com here / 把 https://api.weixin.qq.com 指向这里
`)
  await untilStopped(running)
}
