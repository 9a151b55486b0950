import { describe, expect, it } from 'vitest'
import { maskPhone, parsePhone } from '../src/phone-number.ts'

describe('a phone number', () => {
  it.each([
    ['13800138000', '+8613800138000'],
    ['138 0013 8000', '+8613800138000'],
    ['+86 138-0013-8000', '+8613800138000'],
    ['+852 5123 4567', '+85251234567'],
    ['+1 (202) 555-0143', '+12025550143'],
    ['+81 90-1234-5678', '+819012345678'],
  ])('%s is %s', (text, e164) => {
    expect(parsePhone(text)?.e164).toBe(e164)
  })

  it.each([
    '',
    '1',
    '110',
    'abc',
    '1-800-FLOWERS',
    '+',
    '++8613800138000',
    '١٣٨٠٠١٣٨٠٠١',
    '138001380001380013800138',
    '+999 1234567',
  ])('%j is none', (text) => {
    expect(parsePhone(text)).toBeUndefined()
  })

  it.each([
    ['+8613800138000', '+86 138****8000'],
    ['+85251234567', '+852 5***4567'],
    ['+12025550143', '+1 202***0143'],
  ])('%s is shown as %s', (text, shown) => {
    const phone = parsePhone(text)
    expect(phone && maskPhone(phone)).toBe(shown)
  })
})
