// What is wrong with the text of a filter.

/** A filter that cannot be read; the message names the place. */
export class FilterError extends SyntaxError {
  /** The name `"FilterError"`. */
  override readonly name = "FilterError";
  /** The text that was refused. */
  readonly text: string;
  /** Index in the text of what is wrong. */
  readonly position: number;

  /** Describes one refused text by what is wrong at `position`. */
  constructor(text: string, position: number, problem: string) {
    const rest = text.slice(position, position + 40);
    super(
      `Cannot read filter: ${problem}, at position ${position}${
        rest === "" ? ", its end" : ` (${JSON.stringify(rest)})`
      }`,
    );
    this.text = text;
    this.position = position;
  }
}
