import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arrow } from '../../src/stage/page/wire.ts'
import { keepRecord, type NewArrow } from '../../src/stage/recorder.ts'

const arrow = (leg: Arrow['leg']): NewArrow => ({
  leg,
  from: 'phone-1',
  to: 'server',
  title: '',
  failed: false,
  explanation: { zh: '', en: '' },
  fields: [],
})

describe('the record of messages', () => {
  it('joins a request and its reply by their exchange, in the order in which they came', () => {
    const recorder = keepRecord(() => 0)
    const endFirst = recorder.begin(arrow('request'))
    const endSecond = recorder.begin(arrow('request'))
    endSecond(arrow('reply'))
    endFirst(arrow('reply'))
    expect(recorder.arrows().map(({ exchange, leg }) => [exchange, leg])).toEqual([
      [1, 'request'],
      [2, 'request'],
      [2, 'reply'],
      [1, 'reply'],
    ])
  })

  it('keeps no more than its limit, and the latest, whatever happens', () => {
    const act = fc.constantFrom('begin', 'end', 'clear')
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (acts, limit) => {
          const recorder = keepRecord(() => 0, limit)
          const heard: number[] = []
          recorder.listen((each) => (each ? heard.push(each.id) : heard.splice(0)))
          const ends: ((reply: NewArrow) => void)[] = []
          for (const each of acts) {
            if (each === 'begin') ends.push(recorder.begin(arrow('request')))
            if (each === 'end') ends.shift()?.(arrow('reply'))
            if (each === 'clear') recorder.clear()
            expect(recorder.arrows().map(({ id }) => id)).toEqual(heard.slice(-limit))
          }
        },
      ),
    )
  })

  it('draws no reply to a request that was cleared away', () => {
    const recorder = keepRecord(() => 0)
    const end = recorder.begin(arrow('request'))
    recorder.clear()
    end(arrow('reply'))
    expect(recorder.arrows()).toEqual([])
  })

  it('tells whoever listens, until they leave', () => {
    const recorder = keepRecord(() => 0)
    const heard: unknown[] = []
    const leave = recorder.listen((each) => heard.push(each?.at))
    recorder.begin(arrow('request'))
    recorder.clear()
    leave()
    recorder.begin(arrow('request'))
    expect(heard).toEqual(['1970-01-01T00:00:00.000Z', undefined])
  })
})
