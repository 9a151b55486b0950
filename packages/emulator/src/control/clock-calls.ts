import * as v from 'valibot'
import { advanceClock, nowText } from '../world/clock.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { readFields } from './read-fields.ts'
import { Refusal } from './refusal.ts'

const forward = 'must be a number of seconds, 0 or more'

export const postClock: ControlCall = {
  method: 'POST',
  path: '/emulator/clock',
  answer(world, { body }) {
    const advanceSeconds = v.pipe(v.number(forward), v.finite(forward), v.minValue(0, forward))
    const { advance_seconds } = readFields({ advance_seconds: advanceSeconds }, body)
    if (advanceClock(world, advance_seconds) === 'too_far') {
      throw new Refusal(
        400,
        'clock_too_far',
        'This would take the clock past the year 2100.',
        'Advance by less, or begin again with POST /emulator/reset.',
      )
    }
    return ok({ now: nowText(world) })
  },
}
