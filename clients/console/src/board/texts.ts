/** What the board says. Two languages are on it: one large, the other small beneath. */
export type Language = 'zh-CN' | 'zh-TW' | 'en'

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
  ready: '门口候诊',
  missed: '过号请到导诊台',
  lastCalls: '刚叫过',
  notice: '通知',
  broadcast: '紧急广播',
  linePaused: '本科室暂停叫号，候诊位置保留',
  until: '约 {time} 恢复',
  reason_break: '短暂休息',
  reason_emergency: '抢救急诊患者',
  reason_ward: '病房有事',
  reason_cleaning: '诊室消毒',
  reason_other: '暂时离开',
  next: '候诊顺序',
  nobodyWaits: '当前无人候诊',
  waiting: '候诊 {n} 人',
  paused: '暂停叫号',
  open: '出诊',
  lost: '数据停在 {time}，正在重连',
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
  ready: 'At the door',
  missed: 'Missed: ask at the guide desk',
  lastCalls: 'Called before',
  notice: 'Notice',
  broadcast: 'Emergency',
  linePaused: 'Calling is paused; everybody keeps their place',
  until: 'until about {time}',
  reason_break: 'Short break',
  reason_emergency: 'Emergency patient',
  reason_ward: 'Called to the ward',
  reason_cleaning: 'Being cleaned',
  reason_other: 'Away for a moment',
  next: 'Next',
  nobodyWaits: 'Nobody is waiting',
  waiting: '{n} waiting',
  paused: 'Paused',
  open: 'Open',
  lost: 'Data as of {time}, reconnecting',
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

const tw: Record<keyof typeof zh, string> = {
  title: '候診叫號',
  waitingRoom: '候診區',
  now: '正在叫號',
  goTo: '請到',
  again: '再次呼叫',
  calm: '請留意螢幕與語音叫號',
  nobodyCalled: '目前沒有叫號',
  calls: '叫號與就診',
  called: '請就診',
  inRoom: '就診中',
  ready: '門口候診',
  missed: '過號請到導診台',
  lastCalls: '剛叫過',
  notice: '通知',
  broadcast: '緊急廣播',
  linePaused: '本科暫停叫號，候診位置保留',
  until: '約 {time} 恢復',
  reason_break: '短暫休息',
  reason_emergency: '搶救急診病患',
  reason_ward: '病房有事',
  reason_cleaning: '診室消毒',
  reason_other: '暫時離開',
  next: '候診順序',
  nobodyWaits: '目前無人候診',
  waiting: '候診 {n} 人',
  paused: '暫停叫號',
  open: '出診',
  lost: '資料停在 {time}，正在重連',
  lostMore: '螢幕會自動恢復，請以現場叫號為準',
  neverLinked: '正在連線…',
  noLink: '暫時連不上伺服器，正在自動重試',
  newDay: '新的一天，等待今日佇列',
  soundOff: '點此開啟聲音',
  soundOffMore: '瀏覽器需要點一下才允許叫號播音',
  mute: '靜音',
  unmute: '開啟聲音',
  noVoice: '本機沒有中文語音，叫號只播放提示音',
  fullscreen: '全螢幕',
  unknown: '沒有這個科室的候診螢幕',
  unknownMore: '請選擇要顯示的科室',
  noDepartments: '暫時讀不到科室列表',
  retry: '再試一次',
}

export type TextKey = keyof typeof zh
export const texts: Record<Language, Record<TextKey, string>> = { 'zh-CN': zh, 'zh-TW': tw, en }

/** Says a text in a language; `{name}` is filled from the values. */
export function say(language: Language, key: TextKey, values: Record<string, string | number> = {}): string {
  return texts[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
}

/** The other language, for the small line under a heading. */
export function other(language: Language): Language {
  return language === 'en' ? 'zh-CN' : 'en'
}

/** Reads the name of a language; Simplified Chinese for one that the board does not speak. */
export function languageOf(name: string): Language {
  return name in texts ? (name as Language) : 'zh-CN'
}

/** Names a language in itself, for the one who changes it. */
export const OWN_NAMES: Record<Language, string> = { 'zh-CN': '简体', 'zh-TW': '繁體', en: 'English' }
