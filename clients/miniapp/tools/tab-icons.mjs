// node tools/tab-icons.mjs  -> src/static/tab/*.png : four icons of simple shapes, 81 x 81, idle and chosen.
import { readFileSync, writeFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'

const SIZE = 81
const FINE = 4 // samples a side of each pixel
const tokens = readFileSync(new URL('../../design/tokens.scss', import.meta.url), 'utf8')
const colour = (name) => tokens.match(new RegExp(`--${name}: #([0-9a-f]{6})`))[1].match(/../g).map((part) => parseInt(part, 16))

// signed distances on a 24 x 24 field: below zero is inside
const box = (cx, cy, w, h, r) => (x, y) => {
  const dx = Math.abs(x - cx) - w / 2 + r
  const dy = Math.abs(y - cy) - h / 2 + r
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - r
}
const disc = (cx, cy, r) => (x, y) => Math.hypot(x - cx, y - cy) - r
const stroke = (x1, y1, x2, y2, r = 0.95) => (x, y) => {
  const t = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
  const k = Math.min(1, Math.max(0, t))
  return Math.hypot(x - x1 - k * (x2 - x1), y - y1 - k * (y2 - y1)) - r
}
const line = (shape, r = 0.95) => (x, y) => Math.abs(shape(x, y)) - r
const any = (...shapes) => (x, y) => Math.min(...shapes.map((shape) => shape(x, y)))
const both = (...shapes) => (x, y) => Math.max(...shapes.map((shape) => shape(x, y)))
const not = (shape) => (x, y) => -shape(x, y)
const above = (level) => (_, y) => y - level
const below = (level) => (_, y) => level - y

const cross = any(stroke(12, 9.4, 12, 16), stroke(8.7, 12.7, 15.3, 12.7))
const house = any(stroke(3.2, 11, 12, 3.6), stroke(12, 3.6, 20.8, 11), stroke(5.6, 10, 5.6, 20.2), stroke(18.4, 10, 18.4, 20.2), stroke(5.6, 20.2, 18.4, 20.2))
const houseFull = both((x, y) => Math.max(Math.abs(x - 12) * 0.84 - y + 3.4, Math.abs(x - 12) - 7.4, y - 21.2), not(cross))
const sheet = box(12, 13, 16, 15, 2.4)
const pins = any(stroke(8, 3.4, 8, 6.6), stroke(16, 3.4, 16, 6.6))
const tick = any(stroke(8.4, 14.2, 11, 16.6), stroke(11, 16.6, 15.8, 11.6))
const bubble = box(12, 11, 17, 13, 3)
const tail = any(stroke(8, 17.4, 8, 20.6), stroke(8, 20.6, 12, 17.4))
const words = any(stroke(8, 9.4, 16, 9.4), stroke(8, 12.8, 13, 12.8))
const shoulders = both(disc(12, 21.6, 8), above(20.4))
const icons = {
  home: [any(house, cross), any(house, houseFull)],
  appointments: [any(line(sheet), pins, tick), any(both(any(sheet, line(sheet)), not(tick)), pins)],
  messages: [any(line(bubble), tail, words), any(both(any(bubble, line(bubble)), not(words)), tail, both((x, y) => Math.max(8 - x, x + y - 28.6, 16 - y), below(16)))],
  me: [any(line(disc(12, 7.8, 4)), line(shoulders)), any(disc(12, 7.8, 4.9), shoulders, line(shoulders))],
}

const crcOf = (bytes) => {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}
const chunk = (kind, data) => {
  const body = Buffer.concat([Buffer.from(kind), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crcOf(body), body.length + 4)
  return out
}
function png(shape, [red, green, blue]) {
  const rows = Buffer.alloc(SIZE * (SIZE * 4 + 1))
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      let inside = 0
      for (let i = 0; i < FINE * FINE; i++) {
        const sx = ((x + ((i % FINE) + 0.5) / FINE) / SIZE) * 24
        const sy = ((y + (Math.floor(i / FINE) + 0.5) / FINE) / SIZE) * 24
        if (shape(sx, sy) <= 0) inside++
      }
      rows.set([red, green, blue, Math.round((inside / (FINE * FINE)) * 255)], y * (SIZE * 4 + 1) + 1 + x * 4)
    }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(SIZE, 0)
  head.writeUInt32BE(SIZE, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

for (const [name, [idle, chosen]] of Object.entries(icons)) {
  const path = (end) => new URL(`../src/static/tab/${name}${end}.png`, import.meta.url)
  writeFileSync(path(''), png(idle, colour('ink-soft')))
  writeFileSync(path('-on'), png(chosen, colour('brand')))
}
