import type { Language } from './texts.ts'

export type Tea = {
  readonly id: string
  readonly yuan: number
  readonly name: { readonly [language in Language]: string }
  readonly about: { readonly [language in Language]: string }
}

export const teas: readonly Tea[] = [
  {
    id: 'longjing',
    yuan: 168,
    name: { 'zh-CN': '明前龙井', en: 'Longjing' },
    about: { 'zh-CN': '豆香，回甘快', en: 'Green; chestnut, quick to turn sweet' },
  },
  {
    id: 'dahongpao',
    yuan: 218,
    name: { 'zh-CN': '大红袍', en: 'Da Hong Pao' },
    about: { 'zh-CN': '岩骨，炭火香', en: 'Oolong; rock and slow charcoal' },
  },
  {
    id: 'silver-needle',
    yuan: 256,
    name: { 'zh-CN': '白毫银针', en: 'Silver Needle' },
    about: { 'zh-CN': '毫香，清甜', en: 'White; down, hay and melon' },
  },
  {
    id: 'puer',
    yuan: 138,
    name: { 'zh-CN': '古树普洱', en: 'Old-tree Pu’er' },
    about: { 'zh-CN': '厚，耐泡', en: 'Dark; deep, lasts ten brews' },
  },
]
