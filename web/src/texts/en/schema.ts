export const schema = {
  required: 'required',
  nullable: 'or null',
  anyName: 'any name',
  form: 'one of the forms',
  or: 'or',
  any: 'any value',
  arrayOf: (kind: string) => `array of ${kind}`,
  fields: (count: number) => (count === 1 ? '1 field' : `${count} fields`),
  forms: (count: number) => `${count} forms`,
  /** Follows "4 fields", for screen readers. */
  within: (name: string) => `of ${name}`,
  facts: {
    range: 'Range',
    characters: 'Characters',
    items: 'Items',
    format: 'Format',
    pattern: 'Pattern',
    values: 'Values',
    default: 'Default',
  },
}
