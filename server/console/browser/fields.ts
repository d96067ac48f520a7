type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** What the fields within an element hold. */
export function valuesOf(part: ParentNode): ReadonlyMap<string, string> {
  return new Map([...fieldsOf(part)].map((field) => [keyOf(field), stateOf(field)]));
}

/** Puts what was typed since `before` into the same fields of the answer, which was made without knowing of it. */
export function carryFields(part: ParentNode, fresh: ParentNode, before: ReadonlyMap<string, string>): void {
  const twins = new Map([...fieldsOf(fresh)].map((field) => [keyOf(field), field]));
  for (const field of fieldsOf(part)) {
    const twin = twins.get(keyOf(field));
    if (twin === undefined || before.get(keyOf(field)) === stateOf(field)) {
      continue;
    }
    if (isBox(field) && isBox(twin)) {
      twin.checked = field.checked;
    } else {
      twin.value = field.value;
    }
  }
}

function fieldsOf(part: ParentNode): NodeListOf<Field> {
  return part.querySelectorAll<Field>("input[name], select[name], textarea[name]");
}

function isBox(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type);
}

/** Boxes may share a name. */
function keyOf(field: Field): string {
  return isBox(field) ? `${field.name}=${field.value}` : field.name;
}

function stateOf(field: Field): string {
  return isBox(field) ? String(field.checked) : field.value;
}
