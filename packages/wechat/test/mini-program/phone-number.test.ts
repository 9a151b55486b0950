import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPhoneNumber, toE164 } from '../../src/index.ts'

test.each([
  ['86', '13800138001', '+8613800138001'],
  ['1', '2025550143', '+12025550143'],
  ['852', '5123 4567', '+85251234567'],
])('country %s and number %s are %s', (countryCode, purePhoneNumber, expected) => {
  expect(toE164({ countryCode, purePhoneNumber })).toBe(expected)
})

test.each([
  ['86', ''],
  ['', '13800138001'],
  ['0', '13800138001'],
  ['86', '1380013800112345'],
  ['86', '+13800138001'],
  ['86', '１３８００１３８００１'],
  ['86', '13800138001x'],
])('country %j and number %j make none', (countryCode, purePhoneNumber) => {
  expect(toE164({ countryCode, purePhoneNumber })).toBeUndefined()
})

test('one number in two countries makes two', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[1-9]\d{9}$/),
      fc.constantFrom('1', '86', '852', '44'),
      fc.constantFrom('1', '86', '852', '44'),
      (purePhoneNumber, one, other) => {
        const same =
          toE164({ countryCode: one, purePhoneNumber }) ===
          toE164({ countryCode: other, purePhoneNumber })
        expect(same).toBe(one === other)
      },
    ),
  )
})

test('a country code may come as number, as text, or with a plus', () => {
  const number = { phoneNumber: '13800138001', purePhoneNumber: '13800138001' }
  for (const countryCode of [86, '86', '+86']) {
    expect(readPhoneNumber({ ...number, countryCode, more: 1 })).toEqual({
      ...number,
      countryCode: '86',
    })
  }
})

test.each([
  {},
  { countryCode: '86' },
  { countryCode: '86', phoneNumber: '1', purePhoneNumber: 1 },
  { countryCode: '86', phoneNumber: '', purePhoneNumber: '1' },
  { countryCode: 8.6, phoneNumber: '1', purePhoneNumber: '1' },
  { countryCode: -86, phoneNumber: '1', purePhoneNumber: '1' },
  { countryCode: '', phoneNumber: '1', purePhoneNumber: '1' },
  { countryCode: ['86'], phoneNumber: '1', purePhoneNumber: '1' },
])('%j is no phone number', (fields) => {
  expect(readPhoneNumber(fields)).toBeUndefined()
})
