/** An answer of one JSON value to a line, read as it comes. */

/** The values; throws when the answer breaks off. */
export async function readNdjson<T>(response: Response): Promise<T[]> {
  const values: T[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  const take = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) values.push(JSON.parse(line) as T);
  };
  for (let reader = response.body?.getReader(); reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    take(decoder.decode(value, { stream: true }));
  }
  if (rest !== "") values.push(JSON.parse(rest) as T);
  return values;
}
