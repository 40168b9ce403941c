import type { Texts } from '..'

export const schema: Texts['schema'] = {
  required: '必填',
  nullable: '可为 null',
  anyName: '任意名称',
  form: '可选形式之一',
  or: '或',
  any: '任意值',
  arrayOf: (kind) => `${kind} 数组`,
  fields: (count) => `${count} 个字段`,
  forms: (count) => `${count} 种形式`,
  within: (name) => `（${name}）`,
  facts: {
    range: '范围',
    characters: '字符数',
    items: '元素个数',
    format: '格式',
    pattern: '正则',
    values: '可选值',
    default: '默认值',
  },
}
