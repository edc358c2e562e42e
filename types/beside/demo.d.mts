// The glue code of demo/, which the page's worker finds beside it when it is bundled.

export default function createDemo(options: Record<string, unknown>): Promise<Record<string, unknown>>;
