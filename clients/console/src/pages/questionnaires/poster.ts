/** The poster of a link, on one sheet of A4. Its words come escaped: a department may be named anything. */

function safe(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** code: the picture as the server draws it, an SVG. */
export function posterOf(code: string, place: string, words: { title: string; lead: string; foot: string }): string {
  const picture = `data:image/svg+xml;base64,${btoa(code)}`
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${safe(words.title)}</title><style>
@page { size: A4; margin: 20mm }
body { margin: 0; padding: 12mm 0; font-family: "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; text-align: center }
h1 { margin: 0; font-size: 56pt } p { margin: 8mm auto; max-width: 150mm; font-size: 20pt } .place { font-size: 26pt }
img { width: 110mm; height: 110mm } .foot { font-size: 13pt }
</style></head><body><h1>${safe(words.title)}</h1><p class="place">${safe(place)}</p><img src="${picture}" alt="">
<p>${safe(words.lead)}</p><p class="foot">${safe(words.foot)}</p></body></html>`
}
