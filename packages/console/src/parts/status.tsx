import { Tag } from 'tdesign-vue-next'
import { nameStatus } from '../words.ts'

const themes = {
  active: 'success',
  disabled: 'danger',
  deleted: 'warning',
  merged: 'default',
} as const

export function showStatus(status: keyof typeof themes) {
  return (
    <Tag theme={themes[status]} variant="outline" size="small">
      {nameStatus(status)}
    </Tag>
  )
}
