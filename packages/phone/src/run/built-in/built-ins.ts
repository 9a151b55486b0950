import type { ComponentSpace } from 'glass-easel'
import { icon, navigator, plainBox, progress, richText, scrollView, text, view } from './boxes.ts'
import { button } from './button.ts'
import { checkbox, checkboxGroup, picker, radio, radioGroup, slider, switchBox } from './choices.ts'
import { define, type BuiltIn, type Host } from './control.ts'
import { form, label } from './form.ts'
import { image } from './image.ts'
import { input, textarea } from './input.ts'
import { swiper } from './swiper.ts'

const builtIns: Readonly<Record<string, BuiltIn>> = {
  button,
  checkbox,
  'checkbox-group': checkboxGroup,
  'cover-image': image,
  'cover-view': view,
  form,
  icon,
  image,
  input,
  label,
  navigator,
  picker,
  progress,
  radio,
  'radio-group': radioGroup,
  'rich-text': richText,
  'root-portal': plainBox,
  'scroll-view': scrollView,
  slider,
  swiper,
  'swiper-item': plainBox,
  switch: switchBox,
  text,
  textarea,
  view,
  'web-view': plainBox,
}

/** Makes every built-in component known in this space. */
export function defineBuiltIns(space: ComponentSpace, host: Host): void {
  for (const [tag, builtIn] of Object.entries(builtIns)) define(space, tag, builtIn, host)
}
