/** What the board says. Both languages are on it: one large, the other small beneath. */
export type Language = 'zh-CN' | 'en'

const zh = {
  title: '候诊叫号',
  waitingRoom: '候诊区',
  now: '正在叫号',
  goTo: '请到',
  again: '再次呼叫',
  calm: '请留意屏幕与语音叫号',
  nobodyCalled: '当前没有叫号',
  calls: '叫号与就诊',
  called: '请就诊',
  inRoom: '就诊中',
  next: '候诊顺序',
  nobodyWaits: '当前无人候诊',
  waiting: '候诊 {n} 人',
  paused: '暂停叫号',
  open: '出诊',
  rule: '按预约时段与到达先后叫号，急重症优先；过号请到导医台',
  lost: '连接中断，信息截至 {time}',
  lostMore: '屏幕会自动恢复，请以现场叫号为准',
  neverLinked: '正在连接…',
  noLink: '暂时连不上服务器，正在自动重试',
  newDay: '新的一天，等待今日队列',
  soundOff: '点此开启声音',
  soundOffMore: '浏览器需要点一下才允许叫号播音',
  mute: '静音',
  unmute: '打开声音',
  noVoice: '本机没有中文语音，叫号只播放提示音',
  fullscreen: '全屏',
  unknown: '没有这个科室的候诊屏',
  unknownMore: '请选择要显示的科室',
  noDepartments: '暂时读不到科室列表',
  retry: '再试一次',
}

const en: Record<keyof typeof zh, string> = {
  title: 'Waiting room',
  waitingRoom: 'Waiting area',
  now: 'Now calling',
  goTo: 'Please go to',
  again: 'Called again',
  calm: 'Please watch the screen and listen for your number',
  nobodyCalled: 'No number is being called',
  calls: 'Called and in the room',
  called: 'Please go in',
  inRoom: 'In the room',
  next: 'Next',
  nobodyWaits: 'Nobody is waiting',
  waiting: '{n} waiting',
  paused: 'Paused',
  open: 'Open',
  rule: 'Called by booked time and arrival, urgent cases first. Missed your number? Please ask at the guide desk',
  lost: 'Connection lost, shown as of {time}',
  lostMore: 'The screen will recover by itself; please follow the calls in the room',
  neverLinked: 'Connecting…',
  noLink: 'The server cannot be reached; trying again',
  newDay: 'A new day: waiting for today’s queue',
  soundOff: 'Tap to switch the sound on',
  soundOffMore: 'The browser speaks only after a tap',
  mute: 'Mute',
  unmute: 'Sound on',
  noVoice: 'This device has no English voice: a chime only',
  fullscreen: 'Full screen',
  unknown: 'There is no board for this department',
  unknownMore: 'Please choose a department',
  noDepartments: 'The departments cannot be read just now',
  retry: 'Try again',
}

export type TextKey = keyof typeof zh
export const texts: Record<Language, Record<TextKey, string>> = { 'zh-CN': zh, en }

/** Says a text in a language; `{name}` is filled from the values. */
export function say(language: Language, key: TextKey, values: Record<string, string | number> = {}): string {
  return texts[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
}

/** The other language, for the small line under a heading. */
export function other(language: Language): Language {
  return language === 'en' ? 'zh-CN' : 'en'
}
