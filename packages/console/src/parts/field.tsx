import { Input } from 'tdesign-vue-next'
import type { Ref } from 'vue'

type FieldOptions = {
  readonly label: string
  readonly value: Ref<string>
  readonly hint?: string
  readonly type?: 'text' | 'password'
  readonly autocomplete?: string
  readonly placeholder?: string
  readonly disabled?: boolean
  readonly autofocus?: boolean
}

export function showField({ label, value, hint, placeholder = '', ...rest }: FieldOptions) {
  return (
    <label class="field">
      <span>{label}</span>
      <Input
        {...rest}
        placeholder={placeholder}
        value={value.value}
        spellCheck={false}
        onChange={(changed) => {
          value.value = String(changed)
        }}
      />
      {hint === undefined ? undefined : <small>{hint}</small>}
    </label>
  )
}

type ChoiceOptions = {
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly onChoose: (value: string) => void
}

/** The browser's own list: it opens by keyboard, and on a phone as phones do. */
export function showChoice({ label, value, options, onChoose }: ChoiceOptions) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        class="choice"
        value={value}
        onChange={({ target }: Event) => {
          if (target instanceof HTMLSelectElement) onChoose(target.value)
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  )
}
