/** What WeChat draws around and under a page: tags, title bar, tab bar, sheets. */
export const baseStyle = `
html, body { overflow-x: hidden; max-width: 100vw; }
page, view, scroll-view, picker, image, swiper, swiper-item, form { display: block; }
scroll-view { overflow: auto; }
text, label { display: inline; }
view, text, label, scroll-view, picker, image, swiper, form, button, input, textarea { pointer-events: auto; }
image { display: inline-block; width: 320px; height: 240px; overflow: hidden; }
button { display: block; border: 0; padding: 0 14px; font-size: 18px; border-radius: 5px; box-sizing: border-box; }
input { border: 0; }
.wx-title { position: sticky; top: 0; z-index: 5; height: 44px; line-height: 44px; text-align: center; color: #fff; background: #0d5c5e; font-weight: 600; }
.wx-tabs { position: fixed; left: 0; right: 0; bottom: 0; z-index: 99; height: 56px; display: flex; background: #fff; border-top: 1px solid #ddd; }
.wx-tabs button { flex: 1; background: none; font-size: 12px; color: #47585c; }
.wx-tabs .chosen { color: #0d5c5e; }
.wx-tabs img { width: 24px; display: block; margin: 4px auto 0; }
.wx-picker, .wx-modal { position: fixed; left: 0; right: 0; bottom: 0; z-index: 200; padding: 24px; background: #fff; box-shadow: 0 0 0 100vh #0006; }
.wx-picker select, .wx-picker input { width: 100%; padding: 8px; font-size: 18px; }
.wx-toast { position: fixed; top: 40%; left: 20%; right: 20%; z-index: 300; padding: 16px; border-radius: 8px; background: #000c; color: #fff; text-align: center; }
`
