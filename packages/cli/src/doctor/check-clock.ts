import type { Sighting } from './ask.ts'
import { failed, ok, say, skipped, type Finding } from './finding.ts'

/** More than this is a fault: signatures, watermarks and tokens are judged by the time. */
const toleratedMs = 60_000

/** Compares this machine's clock with the time in WeChat's rids. */
export function checkClock(sightings: readonly Sighting[]): Finding {
  const skews = sightings.map((each) => readSkewMs(each)).filter((skew) => skew !== undefined)
  // The smallest: an answer that was long on its way looks like a clock that is off.
  const [skewMs] = skews.toSorted((a, b) => Math.abs(a) - Math.abs(b))
  if (skewMs === undefined) {
    return skipped(
      'clock',
      say(
        'The clock could not be compared: no answer of WeChat’s told the time.',
        '无法核对时钟：微信的应答中没有时间。',
      ),
    )
  }
  if (Math.abs(skewMs) <= toleratedMs) {
    return ok('clock', say('The clock agrees with WeChat’s.', '本机时钟与微信一致。'))
  }
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  return failed(
    'clock',
    skewMs > 0
      ? say(
          `The clock of this machine is ${seconds} s behind WeChat’s.`,
          `本机时钟比微信慢 ${seconds} 秒。`,
        )
      : say(
          `The clock of this machine is ${seconds} s ahead of WeChat’s.`,
          `本机时钟比微信快 ${seconds} 秒。`,
        ),
    say(
      'Let the clock be set by NTP: timedatectl set-ntp true, or chrony; for a container or virtual machine, on its host.',
      '请启用 NTP 校时：timedatectl set-ntp true，或使用 chrony；容器和虚拟机请在宿主机上设置。',
    ),
  )
}

/**
 * How far WeChat's clock is ahead of this machine's. The first group of a rid is the Unix time in
 * seconds, in hexadecimal digits.
 */
function readSkewMs({ rid, beganMs, endedMs }: Sighting): number | undefined {
  const [, hex] = /^([0-9a-f]{8})-[0-9a-f]{8}-[0-9a-f]{8}$/.exec(rid) ?? []
  if (hex === undefined) return undefined
  const fromMs = Number.parseInt(hex, 16) * 1000
  const untilMs = fromMs + 999
  if (fromMs > endedMs) return fromMs - endedMs
  return untilMs < beganMs ? untilMs - beganMs : 0
}
