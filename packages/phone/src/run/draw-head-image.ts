import type { Person } from './wechat.ts'

const size = 132

/** The person's picture in WeChat: the first letter of the name, on a colour of their own. */
export async function drawHeadImage({ id, nickname }: Person): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = size
  canvas.height = size
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('This browser has no canvas to draw on.')
  const hue = id.split('').reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 0)
  pen.fillStyle = `hsl(${hue} 45% 55%)`
  pen.fillRect(0, 0, size, size)
  pen.fillStyle = '#fff'
  pen.font = `${size / 2}px sans-serif`
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillText(Array.from(nickname)[0] ?? '', size / 2, size / 2)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture is empty.'))))
  })
}
