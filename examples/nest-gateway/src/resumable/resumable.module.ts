/** `ResumableModule.forRoot({ holdMs: 60_000 })` in your module's imports; then inject `ResumableGenerations`. */
import { type DynamicModule, Module } from "@nestjs/common";
import { defaultResumableOptions, RESUMABLE_OPTIONS, type ResumableOptions } from "./options.ts";
import { ResumableGenerations } from "./resumable-generations.ts";

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class, and forRoot is its convention.
export class ResumableModule {
  static forRoot(options: Partial<ResumableOptions> = {}): DynamicModule {
    return {
      module: ResumableModule,
      providers: [
        { provide: RESUMABLE_OPTIONS, useValue: { ...defaultResumableOptions, ...options } },
        ResumableGenerations,
      ],
      exports: [ResumableGenerations],
    };
  }
}
