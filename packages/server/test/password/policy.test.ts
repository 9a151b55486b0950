import { randomInt } from 'node:crypto'
import { errorTable } from '@kaimen/protocol'
import { secret } from '@kaimen/wechat'
import { dictionary } from '@zxcvbn-ts/language-common'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { checkPasswordOptions } from '../../src/password/options.ts'
import { judgePassword, weakPassword, type Weakness } from '../../src/password/policy.ts'
import { readPassword } from '../../src/password/text.ts'

const { policy } = checkPasswordOptions({ contextWords: ['Dumpling House', '饺子馆'] })
const person = { phone: '+86 138-1234-5678', nickname: '李华 Lihua' }
const judge = (password: string, minLength = policy.minLength) =>
  judgePassword({ ...policy, minLength }, person, secret(password))

const pick = (from: string) => from.charAt(randomInt(from.length))
const repeat = (times: number, make: () => string, separator = '') =>
  Array.from({ length: times }, make).join(separator)
/** Random, without anything that the policy could hold against it. */
const random = (length: number) => repeat(length, () => pick('bdgkmpqvxzBDGKMPQVXZ2468%&=?'))

describe('[PW-1] the length of a password', () => {
  it.each([
    [7, 'too_short'],
    [8, 'too_short'],
    [14, 'too_short'],
    [15, 'fine'],
    [64, 'fine'],
    [128, 'fine'],
    [129, 'too_long'],
    [100_000, 'too_long'],
  ])('of %i characters is %s by default', async (length, judgement) => {
    expect(await judge(random(length))).toBe(judgement)
  })

  it.each([
    [7, 'too_short'],
    [8, 'fine'],
    [14, 'fine'],
    [128, 'fine'],
    [129, 'too_long'],
  ])('of %i characters is %s where 8 are enough', async (length, judgement) => {
    expect(await judge(random(length), 8)).toBe(judgement)
  })

  it('counts characters, not bytes or UTF-16 units', async () => {
    const han = (length: number) =>
      repeat(length, () => String.fromCodePoint(0x20000 + randomInt(40_000)))
    expect(await judge(han(14))).toBe('too_short')
    expect(await judge(han(15))).toBe('fine')
    expect(await judge(han(128))).toBe('fine')
    expect(await judge(han(129))).toBe('too_long')
  })

  it('is that of the normalised text, whichever way it was typed', async () => {
    // Each Hangul syllable is typed as three parts here.
    const syllables = repeat(128, () => String.fromCodePoint(0xac01 + 28 * randomInt(390)))
    expect(Array.from(syllables.normalize('NFD'))).toHaveLength(3 * 128)
    expect(await judge(syllables.normalize('NFD'))).toBe('fine')
    // And one character may be written out as eighteen.
    expect(await judge('\uFDFA'.repeat(8))).toBe('too_long')
  })

  test('half a surrogate pair is no text', async () => {
    expect(await judge(`${random(15)}\uD83D`)).toBe('not_text')
  })

  test('a text that is taken has at most 512 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (typed) => {
        const read = readPassword(secret(typed))
        if (typeof read === 'string') return
        expect(read.length).toBeLessThanOrEqual(128)
        expect(Buffer.byteLength(read.text)).toBeLessThanOrEqual(512)
        expect(readPassword(secret(typed.normalize('NFD')))).toEqual(read)
      }),
    )
  })
})

describe('[PW-2] no kind of character', () => {
  it.each([
    ['lower-case letters', 'abcdefghijklmnopqrstuvwxyz'],
    ['capitals', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
    ['digits', '0123456789'],
    ['signs', '!@#$%^&*()_+{}|:"<>?-=[];,./~`\''],
    ['Chinese', '天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏'],
    ['emoji', '🀀🀁🀂🀃😀😎🙈🚀🥟🦊🐼🍜🎋'.slice(0)],
  ])('is asked for beside %s', async (_, alphabet) => {
    const characters = Array.from(alphabet)
    const password = repeat(20, () => characters[randomInt(characters.length)] ?? '')
    expect(await judge(password)).toBe('fine')
  })

  test('spaces count, at the ends too', async () => {
    expect(await judge(` ${random(13)} `)).toBe('fine')
  })
})

describe('[PW-3] a password that is guessed early', () => {
  const weak: Record<string, readonly string[]> = {
    common: [
      'passwordpassword',
      'PASSWORDPASSWORD',
      'Password1234567',
      'ＰＡＳＳＷＯＲＤ１２３４５６７',
      'P@ssw0rd2024!!!',
      '5unf10w3r-2024!',
      'sunshine::sunshine',
      '!!!2024-p@ssw0rd',
      'michael19871225',
      'sunshine-sunshine',
      'hello hello hello',
      'letmein, password',
      'iloveyou5201314!',
      '1qaz2wsx3edc4rfv',
      'qwerty123456789',
    ],
    contextual: [
      'kaimenkaimen123',
      'Kaimen2026!!!!!!',
      'K4im3n_2026_abcd',
      'weixin1234567890',
      'wechat password1',
      '微信微信微信微信微信微信微信微信',
      'dumplinghouse123',
      'Dumpling House 1!',
      '饺子馆饺子馆饺子馆饺子馆饺子馆',
      'lihua13812345678',
      '13812345678abcd',
      '138-1234-5678-ab',
      '8613812345678 ab',
      '李华李华李华李华李华李华李华李华',
    ],
    repetitive: [
      'aaaaaaaaaaaaaaa',
      'abcabcabcabcabca',
      'zx9zx9zx9zx9zx9',
      'kq7wkq7wkq7wkq7w',
      'aabababbbabaabab',
      '好好好好好好好好好好好好好好好',
    ],
    sequential: [
      'zyxwvutsrqponmlk',
      'aabbccddeeffgghh',
      'aaaabbbbccccdddd',
      '1q2w3e4r5t6y7u8i',
      '!@#$%^&*()_+!@#$',
      'asdfghjkl;zxcvbnm,./',
    ],
  }
  const cases = Object.entries(weak).flatMap(([weakness, passwords]) =>
    passwords.map((password) => [password, weakness] as const),
  )
  it.each(cases)('%s is %s', async (password, weakness) => {
    expect(await judge(password)).toBe(weakness)
  })

  test('each of the 3000 most common is refused, in lower case, capitals and with a year behind', async () => {
    const ranked = dictionary['passwords-common']
    expect(ranked.length).toBeGreaterThan(49_000)
    const passed: string[] = []
    const top = ranked.slice(0, 3000)
    for (const password of top) {
      for (const typed of [password, password.toUpperCase(), `${password}2026`]) {
        const judgement = await judge(typed, 8)
        if (judgement === 'fine') passed.push(typed)
      }
    }
    expect(passed).toEqual([])
  })

  test('each of the list that is long enough is refused', async () => {
    const passed: string[] = []
    for (const password of dictionary['passwords-common'].filter(({ length }) => length >= 8)) {
      if ((await judge(password, 8)) === 'fine') passed.push(password)
    }
    expect(passed).toEqual([])
  })

  it.each([
    'correct horse battery staple',
    'kaimen wakes the heron at noon',
    'my wechat is green as moss',
    'dragon840194736501',
    'abcdefgh vqmzkxtw',
    '我家门前有两棵树一棵是枣树',
  ])('%s is not one', async (password) => {
    expect(await judge(password, 12)).toBe('fine')
  })

  const words = dictionary['diceware-common']
  const word = () => words[randomInt(words.length)] ?? ''
  const printable = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index))
  const strong: Record<string, () => string> = {
    'of four words': () => repeat(4, word, ' '),
    'of five words': () => repeat(5, word, '-'),
    'of 15 printable characters': () => repeat(15, () => pick(printable)),
    'of 15 letters': () => repeat(15, () => pick('abcdefghijklmnopqrstuvwxyz')),
    'of 18 digits': () => repeat(18, () => pick('0123456789')),
  }
  it.each(Object.entries(strong))('is none of 10,000 random ones %s', async (_, make) => {
    const refused: string[] = []
    for (let made = 0; made < 10_000; made++) {
      const password = make()
      const judgement = await judge(password)
      if (judgement !== 'fine' && judgement !== 'too_short') refused.push(password)
    }
    // None is expected; one in two thousand would still be no nuisance.
    expect(refused.length).toBeLessThanOrEqual(5)
  })
})

describe('the refusal', () => {
  const weaknesses: Weakness[] = [
    'too_short',
    'too_long',
    'not_text',
    'common',
    'contextual',
    'repetitive',
    'sequential',
  ]
  it('says which rule in words, in both languages', () => {
    const refusals = weaknesses.map((weakness) => weakPassword(policy, weakness))
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['password_weak']))
    for (const language of ['zh-CN', 'en'] as const) {
      const details = refusals.map(({ detail }) => detail?.[language])
      expect(new Set(details).size).toBe(weaknesses.length)
      expect(details).not.toContain(errorTable.password_weak.detail[language])
    }
    expect(weakPassword(policy, 'too_short').detail?.en).toContain('15')
  })
})
